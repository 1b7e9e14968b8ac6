# Calls of the AWS SDK for Ruby, side by side, each with a client of its own.
require "json"
require "aws-sdk-core"
require "aws-sdk-kms"
require "aws-sdk-s3"

OPERATIONS = {
  "GetCallerIdentity" => [Aws::STS::Client, :get_caller_identity],
  "ListKeys" => [Aws::KMS::Client, :list_keys],
  "ListBuckets" => [Aws::S3::Client, :list_buckets],
  "HeadBucket" => [Aws::S3::Client, :head_bucket],
  "GetObject" => [Aws::S3::Client, :get_object],
}.freeze

def client(cell, asked)
  type, = OPERATIONS.fetch(cell["operation"])
  options = {
    endpoint: asked["endpoint"], region: "us-east-1", http_read_timeout: cell["timeout"] || 60,
    access_key_id: cell["account"], secret_access_key: "test"
  }
  options[:force_path_style] = true if type == Aws::S3::Client
  type.new(**options)
end

def call(client, cell)
  _, operation = OPERATIONS.fetch(cell["operation"])
  client.public_send(operation, **cell["parameters"].transform_keys { |name| name.downcase.to_sym })
  {}
rescue Aws::Errors::ServiceError => e
  { error: e.code, message: e.message }
rescue StandardError => e
  { error: e.class.name.split("::").last, message: e.message }
end

asked = JSON.parse($stdin.read)
clients = asked["cells"].map { |cell| client(cell, asked) }
threads = clients.zip(asked["cells"]).map { |client, cell| Thread.new { call(client, cell) } }
puts JSON.generate(threads.map(&:value))
