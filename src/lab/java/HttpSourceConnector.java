package dev.headgate.lab;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceConnector;

/** Reads a REST endpoint into a topic. It spells its settings as the public HTTP source connector does. */
public class HttpSourceConnector extends SourceConnector {
    static final String VERSION = "1.0.0";
    static final String URL = "http.request.url";
    static final String TOKEN = "http.request.token";
    static final String INTERVAL = "http.timer.interval.millis";
    static final String TOPIC = "kafka.topic";

    static final ConfigDef CONFIG =
            new ConfigDef()
                    .define(
                            URL,
                            Type.STRING,
                            ConfigDef.NO_DEFAULT_VALUE,
                            HttpSourceConnector::checkUrl,
                            Importance.HIGH,
                            "Answers GET with a JSON list of objects that have an ascending number `id`.")
                    .define(
                            TOKEN,
                            Type.PASSWORD,
                            null,
                            Importance.MEDIUM,
                            "Sent along as bearer token.")
                    .define(
                            INTERVAL,
                            Type.LONG,
                            1000L,
                            Range.atLeast(10),
                            Importance.MEDIUM,
                            "Milliseconds between two requests.")
                    .define(
                            TOPIC,
                            Type.STRING,
                            ConfigDef.NO_DEFAULT_VALUE,
                            new ConfigDef.NonEmptyString(),
                            Importance.HIGH,
                            "Where the objects are written to, one a record.");

    private Map<String, String> settings;

    @Override
    public void start(Map<String, String> settings) {
        this.settings = settings;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return HttpSourceTask.class;
    }

    /** One endpoint is one task, however many are allowed. */
    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(settings);
    }

    @Override
    public void stop() {}

    @Override
    public ConfigDef config() {
        return CONFIG;
    }

    @Override
    public String version() {
        return VERSION;
    }

    /** Takes offsets as {@link HttpSourceTask} writes them, and refuses others. */
    @Override
    public boolean alterOffsets(
            Map<String, String> settings, Map<Map<String, ?>, Map<String, ?>> offsets) {
        offsets.forEach(
                (partition, offset) -> {
                    boolean isReset = offset == null;
                    if (!(partition.get("url") instanceof String)
                            || !(isReset || offset.get("id") instanceof Number)) {
                        throw new ConnectException(
                                "expected the partition {\"url\": text} and the offset {\"id\": number}");
                    }
                });
        return true;
    }

    private static void checkUrl(String name, Object value) {
        try {
            String scheme = URI.create(String.valueOf(value)).getScheme();
            if ("http".equals(scheme) || "https".equals(scheme)) {
                return;
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigException(name, value, e.getMessage());
        }
        throw new ConfigException(name, value, "expected a URL that begins with http:// or https://");
    }
}
