package dev.headgate.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Gathers records by partition, and writes them when they are enough or when offsets are committed. */
public class S3SinkTask extends SinkTask {
    private final Map<TopicPartition, List<SinkRecord>> gathered = new HashMap<>();
    private S3Bucket bucket;
    private String directory;
    private int flushSize;

    @Override
    public void start(Map<String, String> settings) {
        AbstractConfig config = new AbstractConfig(S3SinkConnector.CONFIG, settings, false);
        bucket = new S3Bucket(config);
        directory = config.getString(S3SinkConnector.DIRECTORY);
        flushSize = config.getInt(S3SinkConnector.FLUSH_SIZE);
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        for (SinkRecord record : records) {
            TopicPartition partition = new TopicPartition(record.topic(), record.kafkaPartition());
            List<SinkRecord> own = gathered.computeIfAbsent(partition, any -> new ArrayList<>());
            own.add(record);
            if (own.size() >= flushSize) {
                write(partition, own);
            }
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(
            Map<TopicPartition, OffsetAndMetadata> offsets) {
        gathered.forEach(this::write);
        return offsets;
    }

    /** What another task goes on with begins at the committed offset. */
    @Override
    public void close(Collection<TopicPartition> partitions) {
        gathered.keySet().removeAll(partitions);
    }

    private void write(TopicPartition partition, List<SinkRecord> records) {
        if (records.isEmpty()) {
            return;
        }
        StringBuilder lines = new StringBuilder();
        for (SinkRecord record : records) {
            lines.append(record.value()).append('\n');
        }
        String topic = partition.topic();
        int number = partition.partition();
        String key =
                String.format(
                        "%s/%s/partition=%d/%s+%d+%010d.json",
                        directory, topic, number, topic, number, records.get(0).kafkaOffset());
        try {
            bucket.put(key, lines.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new ConnectException("object " + key + " cannot be written", e);
        }
        records.clear();
    }

    @Override
    public void stop() {}

    @Override
    public String version() {
        return S3SinkConnector.VERSION;
    }
}
