// Calls of the AWS SDK for Java 2.x, side by side, each with a client of its own.

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.sts.StsClient;

public class Calls {
    interface Call {
        void make(String endpoint, Map<String, JsonNode> cell);
    }

    static final Map<String, Call> OPERATIONS = Map.of(
        "GetCallerIdentity", (at, cell) -> client(StsClient.builder(), at, cell).getCallerIdentity(),
        "ListTables", (at, cell) -> client(DynamoDbClient.builder(), at, cell).listTables(),
        "ListStreams", (at, cell) -> client(KinesisClient.builder(), at, cell).listStreams());

    static <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> C client(
            B builder, String endpoint, Map<String, JsonNode> cell) {
        JsonNode timeout = cell.get("timeout");
        long seconds = timeout.isNull() ? 60 : Long.parseLong(timeout.asNumber());
        AwsBasicCredentials credentials = AwsBasicCredentials.create(cell.get("account").asString(), "test");
        return builder
            .region(Region.US_EAST_1)
            .endpointOverride(URI.create(endpoint))
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .httpClientBuilder(ApacheHttpClient.builder().socketTimeout(Duration.ofSeconds(seconds)))
            .build();
    }

    static String[] call(String endpoint, Map<String, JsonNode> cell) {
        try {
            OPERATIONS.get(cell.get("operation").asString()).make(endpoint, cell);
            return new String[] {null, null};
        } catch (AwsServiceException e) {
            return new String[] {e.awsErrorDetails().errorCode(), e.awsErrorDetails().errorMessage()};
        } catch (SdkClientException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return new String[] {cause.getClass().getSimpleName(), cause.getMessage()};
        }
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode asked = JsonNode.parser().parse(System.in);
        String endpoint = asked.asObject().get("endpoint").asString();
        var threads = Executors.newCachedThreadPool();
        List<Future<String[]>> calls = new ArrayList<>();
        for (JsonNode cell : asked.asObject().get("cells").asArray()) {
            calls.add(threads.submit(() -> call(endpoint, cell.asObject())));
        }
        JsonWriter told = JsonWriter.create();
        told.writeStartArray();
        for (Future<String[]> call : calls) {
            String[] answer = call.get();
            told.writeStartObject();
            if (answer[0] != null) {
                told.writeFieldName("error").writeValue(answer[0]);
                told.writeFieldName("message").writeValue(answer[1] == null ? "" : answer[1]);
            }
            told.writeEndObject();
        }
        told.writeEndArray();
        System.out.write(told.getBytes());
        System.out.flush();
        System.exit(0);
    }
}
