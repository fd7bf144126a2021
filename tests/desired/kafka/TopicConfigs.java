// Prints Kafka's own definitions of topic configs, one a line: key | type | validator | default.
//   javac -cp "$KAFKA_HOME/libs/*" -d /tmp TopicConfigs.java
//   java -cp "/tmp:$KAFKA_HOME/libs/*" TopicConfigs > 4.3.1.txt
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.storage.internals.log.LogConfig;

public class TopicConfigs {
    public static void main(String[] args) {
        for (ConfigDef.ConfigKey key : new TreeMap<>(LogConfig.configDefCopy().configKeys()).values()) {
            if (key.internalConfig) continue;
            Object value = key.defaultValue;
            String text = value instanceof List<?> list
                ? String.join(",", list.stream().map(Object::toString).toList())
                : String.valueOf(value);
            System.out.println(key.name + " | " + key.type + " | " + key.validator + " | " + text);
        }
    }
}
