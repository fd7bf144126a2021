package dev.headgate.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** Asks for what is newer than the last id, and remembers that id as its offset. */
public class HttpSourceTask extends SourceTask {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private Map<String, String> partition;
    private String url;
    private Password token;
    private String topic;
    private long interval;
    private long last;
    private boolean hasAsked;

    @Override
    public void start(Map<String, String> settings) {
        AbstractConfig config = new AbstractConfig(HttpSourceConnector.CONFIG, settings, false);
        url = config.getString(HttpSourceConnector.URL);
        token = config.getPassword(HttpSourceConnector.TOKEN);
        topic = config.getString(HttpSourceConnector.TOPIC);
        interval = config.getLong(HttpSourceConnector.INTERVAL);
        partition = Map.of("url", url);
        Map<String, Object> offset = context.offsetStorageReader().offset(partition);
        last = offset == null ? 0 : ((Number) offset.get("id")).longValue();
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        if (hasAsked && stopped.await(interval, TimeUnit.MILLISECONDS)) {
            return null;
        }
        hasAsked = true;
        List<SourceRecord> records = new ArrayList<>();
        for (JsonNode item : ask()) {
            JsonNode id = item.path("id");
            if (!id.canConvertToLong()) {
                throw new ConnectException(url + " answered with an object that has no number `id`");
            }
            if (id.asLong() > last) {
                last = id.asLong();
                records.add(record(item));
            }
        }
        return records;
    }

    private SourceRecord record(JsonNode item) {
        Map<String, Long> offset = Map.of("id", last);
        Schema text = Schema.STRING_SCHEMA;
        String key = Long.toString(last);
        return new SourceRecord(partition, offset, topic, text, key, text, item.toString());
    }

    /** An endpoint that is away is asked again; one that answers with an error ends the task. */
    private JsonNode ask() throws InterruptedException {
        char separator = url.contains("?") ? '&' : '?';
        URI since = URI.create(url + separator + "since=" + last);
        HttpRequest.Builder request = HttpRequest.newBuilder(since).timeout(ANSWER_WITHIN);
        if (token != null) {
            request.header("Authorization", "Bearer " + token.value());
        }
        try {
            HttpResponse<String> answer =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new ConnectException(url + " answered with status " + answer.statusCode());
            }
            JsonNode items = JSON.readTree(answer.body());
            if (!items.isArray()) {
                throw new ConnectException(url + " answered with something else than a list");
            }
            return items;
        } catch (IOException e) {
            throw new RetriableException(url + " cannot be read", e);
        }
    }

    @Override
    public void stop() {
        stopped.countDown();
    }

    @Override
    public String version() {
        return HttpSourceConnector.VERSION;
    }
}
