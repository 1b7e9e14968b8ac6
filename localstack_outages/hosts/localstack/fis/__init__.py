"""What LocalStack itself loads for AWS FIS, by entry points and when it is first asked for: the provider
of the service, and the resource of CloudFormation. Nothing else imports it.
"""
