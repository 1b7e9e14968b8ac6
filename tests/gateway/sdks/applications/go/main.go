// Calls of the AWS SDK for Go v2, side by side, each with a client of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

type cell struct {
	Operation  string
	Parameters map[string]string
	Account    string
	Timeout    float64
}

type told struct {
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
}

type call func(context.Context, aws.Config, map[string]string) error

func s3Client(config aws.Config) *s3.Client {
	return s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
}

var operations = map[string]call{
	"GetCallerIdentity": func(c context.Context, config aws.Config, _ map[string]string) error {
		_, err := sts.NewFromConfig(config).GetCallerIdentity(c, nil)
		return err
	},
	"ListTables": func(c context.Context, config aws.Config, _ map[string]string) error {
		_, err := dynamodb.NewFromConfig(config).ListTables(c, nil)
		return err
	},
	"ListQueues": func(c context.Context, config aws.Config, _ map[string]string) error {
		_, err := sqs.NewFromConfig(config).ListQueues(c, nil)
		return err
	},
	"ListKeys": func(c context.Context, config aws.Config, _ map[string]string) error {
		_, err := kms.NewFromConfig(config).ListKeys(c, nil)
		return err
	},
	"Invoke": func(c context.Context, config aws.Config, with map[string]string) error {
		function := aws.String(with["FunctionName"])
		_, err := lambda.NewFromConfig(config).Invoke(c, &lambda.InvokeInput{FunctionName: function})
		return err
	},
	"ListBuckets": func(c context.Context, config aws.Config, _ map[string]string) error {
		_, err := s3Client(config).ListBuckets(c, nil)
		return err
	},
	"HeadBucket": func(c context.Context, config aws.Config, with map[string]string) error {
		_, err := s3Client(config).HeadBucket(c, &s3.HeadBucketInput{Bucket: aws.String(with["Bucket"])})
		return err
	},
	"GetObject": func(c context.Context, config aws.Config, with map[string]string) error {
		answer, err := s3Client(config).GetObject(c, &s3.GetObjectInput{
			Bucket: aws.String(with["Bucket"]), Key: aws.String(with["Key"]),
		})
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
		}
		return err
	},
}

func tell(err error) told {
	var service smithy.APIError
	if err == nil {
		return told{}
	}
	if errors.As(err, &service) {
		return told{service.ErrorCode(), service.ErrorMessage()}
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return told{Error: "timeout"}
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return told{Error: err.Error()}
}

func main() {
	if len(os.Args) > 1 {
		fmt.Println(aws.SDKVersion)
		return
	}
	var asked struct {
		Endpoint string
		Cells    []cell
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	answers := make([]told, len(asked.Cells))
	var all sync.WaitGroup
	for i, c := range asked.Cells {
		if c.Timeout == 0 {
			c.Timeout = 60
		}
		config := aws.Config{
			Region:      "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider(c.Account, "test", ""),
			HTTPClient:  awshttp.NewBuildableClient().WithTimeout(time.Duration(c.Timeout * float64(time.Second))),
			EndpointResolverWithOptions: aws.EndpointResolverWithOptionsFunc(
				func(_, _ string, _ ...interface{}) (aws.Endpoint, error) {
					return aws.Endpoint{URL: asked.Endpoint, SigningRegion: "us-east-1", HostnameImmutable: true}, nil
				}),
		}
		all.Add(1)
		go func(i int, c cell) {
			defer all.Done()
			answers[i] = tell(operations[c.Operation](context.Background(), config, c.Parameters))
		}(i, c)
	}
	all.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(answers)
}
