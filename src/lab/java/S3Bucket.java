package dev.headgate.lab;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.config.AbstractConfig;

/** A bucket that objects are put into, signed with AWS' Signature Version 4: the SDK would be 30 jars. */
class S3Bucket {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;
    private final String region;
    private final String keyId;
    private final String secretKey;

    S3Bucket(AbstractConfig config) {
        region = config.getString(S3SinkConnector.REGION);
        String own = config.getString(S3SinkConnector.STORE);
        String store = own == null ? "https://s3." + region + ".amazonaws.com" : own;
        url = store + "/" + config.getString(S3SinkConnector.BUCKET) + "/";
        keyId = config.getString(S3SinkConnector.KEY_ID);
        secretKey = config.getPassword(S3SinkConnector.SECRET_KEY).value();
    }

    void put(String key, byte[] object) throws IOException {
        URI uri = URI.create(url + encoded(key));
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri)
                        .timeout(ANSWER_WITHIN)
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(object));
        sign(request, uri, object);
        try {
            HttpResponse<String> answer =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(
                        "S3 answered with status " + answer.statusCode() + ": " + answer.body());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void sign(HttpRequest.Builder request, URI uri, byte[] object) {
        String time = ZonedDateTime.now(ZoneOffset.UTC).format(TIME);
        String day = time.substring(0, 8);
        String hash = hex(sha256(object));
        String names = "host;x-amz-content-sha256;x-amz-date";
        String canonical =
                String.join(
                        "\n",
                        "PUT",
                        uri.getRawPath(),
                        "",
                        "host:" + uri.getAuthority(),
                        "x-amz-content-sha256:" + hash,
                        "x-amz-date:" + time,
                        "",
                        names,
                        hash);
        String scope = day + "/" + region + "/s3/aws4_request";
        String toSign =
                "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + hex(sha256(utf8(canonical)));
        byte[] signing = utf8("AWS4" + secretKey);
        for (String part : scope.split("/")) {
            signing = hmac(signing, part);
        }
        request.header("x-amz-date", time)
                .header("x-amz-content-sha256", hash)
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=" + keyId + "/" + scope
                                + ", SignedHeaders=" + names
                                + ", Signature=" + hex(hmac(signing, toSign)));
    }

    /** Encodes a key as S3 wants it: everything but unreserved characters and slashes. */
    private static String encoded(String key) {
        return URLEncoder.encode(key, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~")
                .replace("%2F", "/");
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(utf8(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA-256", e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
