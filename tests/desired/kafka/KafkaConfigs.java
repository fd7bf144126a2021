// Prints Kafka's own definitions of dynamic configs: key | type | validator | default, and of brokers' configs where
// they may be changed. By reflection, since the classes moved between the versions.
//   javac -cp "$KAFKA_HOME/libs/*" -d /tmp KafkaConfigs.java
//   java -cp "/tmp:$KAFKA_HOME/libs/*" KafkaConfigs broker > broker-4.3.1.txt      (and group, client-metrics, acl)
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.resource.ResourceType;

public class KafkaConfigs {
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "broker" -> broker();
            case "group" -> print((ConfigDef) get("org.apache.kafka.coordinator.group.GroupConfig", "CONFIG_DEF"), null);
            case "client-metrics" -> print((ConfigDef) get("org.apache.kafka.server.metrics.ClientMetricsConfigs", "configDef"), null);
            case "acl" -> acl();
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    static void broker() throws Exception {
        Object modes = get("org.apache.kafka.server.config.DynamicBrokerConfig", "dynamicConfigUpdateModes");
        if (modes == null) {
            // Kafka 3: a Scala object
            Object module = get("kafka.server.DynamicBrokerConfig$", "MODULE$");
            modes = module.getClass().getMethod("dynamicConfigUpdateModes").invoke(module);
        }
        Object def = get("org.apache.kafka.server.config.AbstractKafkaConfig", "CONFIG_DEF");
        if (def == null) def = get("kafka.server.KafkaConfig", "configDef");
        print((ConfigDef) def, (Map<?, ?>) modes);
    }

    static void print(ConfigDef def, Map<?, ?> modes) {
        for (ConfigDef.ConfigKey key : new TreeMap<>(def.configKeys()).values()) {
            if (key.internalConfig) continue;
            Object value = key.defaultValue;
            String text = value instanceof List<?> list
                ? String.join(",", list.stream().map(Object::toString).toList())
                : String.valueOf(value).replace("\n", " ");
            Object mode = modes == null ? null : modes.get(key.name);
            System.out.println(key.name + " | " + key.type + " | " + key.validator + " | " + text
                + (modes == null ? "" : " | " + (mode == null ? "read-only" : mode)));
        }
    }

    static void acl() throws Exception {
        for (ResourceType type : ResourceType.values()) {
            Set<?> operations;
            try {
                operations = (Set<?>) Class.forName("org.apache.kafka.security.authorizer.AclEntry")
                    .getMethod("supportedOperations", ResourceType.class).invoke(null, type);
            } catch (java.lang.reflect.InvocationTargetException e) {
                continue;
            }
            List<String> names = operations.stream().map(o -> ((AclOperation) o)).sorted().map(Enum::name).toList();
            System.out.println(type + " | " + String.join(",", names));
        }
    }

    static Object get(String type, String member) throws Exception {
        try {
            Class<?> c = Class.forName(type);
            try {
                return c.getMethod(member).invoke(null);
            } catch (NoSuchMethodException e) {
                return c.getField(member).get(null);
            }
        } catch (ClassNotFoundException | NoSuchFieldException e) {
            return null;
        }
    }
}
