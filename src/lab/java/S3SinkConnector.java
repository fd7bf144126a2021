package dev.headgate.lab;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** Writes records into a bucket, some lines an object. It spells its settings as the public S3 sink connector does. */
public class S3SinkConnector extends SinkConnector {
    static final String VERSION = "1.0.0";
    static final String BUCKET = "s3.bucket.name";
    static final String REGION = "s3.region";
    static final String STORE = "store.url";
    static final String DIRECTORY = "topics.dir";
    static final String FLUSH_SIZE = "flush.size";
    static final String KEY_ID = "aws.access.key.id";
    static final String SECRET_KEY = "aws.secret.access.key";

    static final ConfigDef CONFIG =
            new ConfigDef()
                    .define(
                            BUCKET,
                            Type.STRING,
                            ConfigDef.NO_DEFAULT_VALUE,
                            new NonEmptyString(),
                            Importance.HIGH,
                            "The bucket, which must be there.")
                    .define(REGION, Type.STRING, "us-east-1", Importance.HIGH, "The bucket's region.")
                    .define(
                            STORE,
                            Type.STRING,
                            null,
                            Importance.LOW,
                            "Where S3 is; without it, where AWS has it in that region.")
                    .define(
                            DIRECTORY,
                            Type.STRING,
                            "topics",
                            new NonEmptyString(),
                            Importance.LOW,
                            "What the objects' keys begin with.")
                    .define(
                            FLUSH_SIZE,
                            Type.INT,
                            ConfigDef.NO_DEFAULT_VALUE,
                            Range.atLeast(1),
                            Importance.HIGH,
                            "Records of a partition that make an object.")
                    .define(
                            KEY_ID,
                            Type.STRING,
                            "lab",
                            Importance.HIGH,
                            "Who writes; the lab's S3 takes anybody.")
                    .define(SECRET_KEY, Type.PASSWORD, "lab", Importance.HIGH, "The secret to the key id.");

    private Map<String, String> settings;

    @Override
    public void start(Map<String, String> settings) {
        this.settings = settings;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return S3SinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.nCopies(maxTasks, settings);
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

    /** Nothing but the consumer group knows how far it has come. */
    @Override
    public boolean alterOffsets(Map<String, String> settings, Map<TopicPartition, Long> offsets) {
        return true;
    }
}
