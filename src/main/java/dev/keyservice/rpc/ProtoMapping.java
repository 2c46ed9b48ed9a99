package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.keyservice.access.Decision;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.key.ChangeOutcome;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.KeyEvent;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.StoredKey;
import dev.keyservice.key.Usage;
import dev.keyservice.key.VersionState;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersionTemplate;
import dev.keyservice.v1.ExplainAccessResponse;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/// Between the messages of the wire and the domain. Exhaustive both ways: a new algorithm, purpose
/// or state does not compile until it has its word on the wire.
final class ProtoMapping {
  /// The largest plaintext and additional data of one call, in bytes.
  static final int LARGEST_PAYLOAD = 64 * 1024;

  /// The largest ciphertext of one call: a payload and room for the overhead of any format.
  static final int LARGEST_CIPHERTEXT = LARGEST_PAYLOAD + 1024;

  private static final int DEFAULT_PAGE_SIZE = 100;
  private static final int LARGEST_PAGE_SIZE = 1000;

  private ProtoMapping() {}

  static CryptoKey cryptoKey(StoredKey stored) {
    var key = stored.key();
    var message =
        CryptoKey.newBuilder()
            .setName(key.name().resource())
            .setUid(key.uid().toString())
            .setPurpose(purpose(key.purpose()))
            .setVersionTemplate(
                CryptoKeyVersionTemplate.newBuilder().setAlgorithm(algorithm(key.algorithm())))
            .putAllLabels(key.labels())
            .setCreateTime(timestamp(key.createTime()))
            .setDestroyScheduledDuration(duration(key.settings().destroyWindow()))
            .setDeletionProtection(key.settings().deletionProtection())
            .setEtag(stored.etag());
    var rotation = key.settings().rotation();
    rotation.period().map(ProtoMapping::duration).ifPresent(message::setRotationPeriod);
    rotation.next().map(ProtoMapping::timestamp).ifPresent(message::setNextRotationTime);
    key.primaryVersion().map(primary -> version(stored, primary)).ifPresent(message::setPrimary);
    return message.build();
  }

  static dev.keyservice.v1.CryptoKeyVersion version(StoredKey stored, CryptoKeyVersion version) {
    var message =
        dev.keyservice.v1.CryptoKeyVersion.newBuilder()
            .setName(stored.key().name().version(version.number()).resource())
            .setState(state(version.state()))
            .setAlgorithm(algorithm(version.algorithm()))
            .setCreateTime(timestamp(version.createTime()))
            .setEtag(stored.etag());
    version.destroyTime().map(ProtoMapping::timestamp).ifPresent(message::setDestroyTime);
    version.destroyEventTime().map(ProtoMapping::timestamp).ifPresent(message::setDestroyEventTime);
    return message.build();
  }

  /// A version, and how often it was used.
  static dev.keyservice.v1.CryptoKeyVersion version(
      StoredKey stored, CryptoKeyVersion version, Map<Integer, Usage> usages) {
    var usage = usages.getOrDefault(version.number(), Usage.NONE);
    var message =
        dev.keyservice.v1.CryptoKeyVersion.Usage.newBuilder()
            .setCount(usage.uses())
            .setDamaged(!usage.known());
    usage.lastUse().map(ProtoMapping::timestamp).ifPresent(message::setLastUseTime);
    return version(stored, version).toBuilder().setUsage(message).build();
  }

  /// The version that a change was about.
  static dev.keyservice.v1.CryptoKeyVersion version(ChangeOutcome outcome) {
    var number = outcome.version().orElseThrow();
    return version(outcome.stored(), outcome.stored().key().version(number).orElseThrow());
  }

  static WatchCryptoKeysResponse watched(KeyEvent event) {
    var message = WatchCryptoKeysResponse.newBuilder();
    var _ =
        switch (event.subject()) {
          case KeyEvent.Subject.Key(var stored) -> message.setCryptoKey(cryptoKey(stored));
          case KeyEvent.Subject.Damaged(var name) -> message.setUnreachable(name.resource());
          case KeyEvent.Subject.Nothing() ->
              message.setProgress(WatchCryptoKeysResponse.Progress.getDefaultInstance());
        };
    event.revision().ifPresent(message::setRevision);
    event.changeTime().map(ProtoMapping::timestamp).ifPresent(message::setChangeTime);
    return message.build();
  }

  static Timestamp timestamp(Instant time) {
    return Timestamps.fromMicros(Microseconds.of(time));
  }

  private static com.google.protobuf.Duration duration(Duration length) {
    return Durations.fromNanos(length.toNanos());
  }

  private static CryptoKey.Purpose purpose(Purpose purpose) {
    return switch (purpose) {
      case ENCRYPT_DECRYPT -> CryptoKey.Purpose.ENCRYPT_DECRYPT;
      case MAC -> CryptoKey.Purpose.MAC;
    };
  }

  static Purpose purpose(String field, CryptoKey.Purpose purpose) {
    return switch (purpose) {
      case ENCRYPT_DECRYPT -> Purpose.ENCRYPT_DECRYPT;
      case MAC -> Purpose.MAC;
      case CRYPTO_KEY_PURPOSE_UNSPECIFIED -> throw invalid(field, "is required");
      case UNRECOGNIZED -> throw invalid(field, "is unknown");
    };
  }

  private static dev.keyservice.v1.CryptoKeyVersion.Algorithm algorithm(Algorithm algorithm) {
    return switch (algorithm) {
      case XAES_256_GCM -> dev.keyservice.v1.CryptoKeyVersion.Algorithm.XAES_256_GCM;
      case AES_256_GCM -> dev.keyservice.v1.CryptoKeyVersion.Algorithm.AES_256_GCM;
      case AES_128_GCM -> dev.keyservice.v1.CryptoKeyVersion.Algorithm.AES_128_GCM;
      case CHACHA20_POLY1305 -> dev.keyservice.v1.CryptoKeyVersion.Algorithm.CHACHA20_POLY1305;
      case HMAC_SHA256 -> dev.keyservice.v1.CryptoKeyVersion.Algorithm.HMAC_SHA256;
      case HMAC_SHA384 -> dev.keyservice.v1.CryptoKeyVersion.Algorithm.HMAC_SHA384;
      case HMAC_SHA512 -> dev.keyservice.v1.CryptoKeyVersion.Algorithm.HMAC_SHA512;
    };
  }

  /// The algorithm asked for, or the default of the purpose.
  static Algorithm algorithm(
      String field, Purpose purpose, dev.keyservice.v1.CryptoKeyVersion.Algorithm algorithm) {
    var chosen =
        switch (algorithm) {
          case CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED -> purpose.defaultAlgorithm();
          case XAES_256_GCM -> Algorithm.XAES_256_GCM;
          case AES_256_GCM -> Algorithm.AES_256_GCM;
          case AES_128_GCM -> Algorithm.AES_128_GCM;
          case CHACHA20_POLY1305 -> Algorithm.CHACHA20_POLY1305;
          case HMAC_SHA256 -> Algorithm.HMAC_SHA256;
          case HMAC_SHA384 -> Algorithm.HMAC_SHA384;
          case HMAC_SHA512 -> Algorithm.HMAC_SHA512;
          case UNRECOGNIZED -> throw invalid(field, "is unknown");
        };
    if (Purpose.of(chosen) != purpose) {
      throw invalid(field, "does not serve the purpose");
    }
    return chosen;
  }

  private static dev.keyservice.v1.CryptoKeyVersion.State state(VersionState state) {
    return switch (state) {
      case PENDING_GENERATION -> dev.keyservice.v1.CryptoKeyVersion.State.PENDING_GENERATION;
      case GENERATION_FAILED -> dev.keyservice.v1.CryptoKeyVersion.State.GENERATION_FAILED;
      case ENABLED -> dev.keyservice.v1.CryptoKeyVersion.State.ENABLED;
      case DISABLED -> dev.keyservice.v1.CryptoKeyVersion.State.DISABLED;
      case DESTROY_SCHEDULED -> dev.keyservice.v1.CryptoKeyVersion.State.DESTROY_SCHEDULED;
      case DESTROYED -> dev.keyservice.v1.CryptoKeyVersion.State.DESTROYED;
      case PENDING_IMPORT -> dev.keyservice.v1.CryptoKeyVersion.State.PENDING_IMPORT;
      case IMPORT_FAILED -> dev.keyservice.v1.CryptoKeyVersion.State.IMPORT_FAILED;
    };
  }

  static ExplainAccessResponse.Denial denial(Decision.Denial why) {
    return switch (why) {
      case NO_BINDING -> ExplainAccessResponse.Denial.NO_BINDING;
      case PERMISSION_NOT_GRANTED -> ExplainAccessResponse.Denial.PERMISSION_NOT_GRANTED;
      case NOT_ON_THIS_KEY -> ExplainAccessResponse.Denial.NOT_ON_THIS_KEY;
      case CERTIFICATE_REQUIRED -> ExplainAccessResponse.Denial.CERTIFICATE_REQUIRED;
    };
  }

  /// The bytes of a field that holds at most so many.
  static byte[] bytes(String field, ByteString value, int largest) {
    if (value.size() > largest) {
      throw invalid(field, "must be at most " + largest + " bytes");
    }
    return value.toByteArray();
  }

  /// The bytes of a field that holds a payload: data, a plaintext or what is bound to one.
  static byte[] payload(String field, ByteString value) {
    return bytes(field, value, LARGEST_PAYLOAD);
  }

  /// The size of a page: 0 means the default, too large a number the largest.
  static int pageSize(int asked) {
    if (asked < 0) {
      throw invalid("page_size", "must not be negative");
    }
    return asked == 0 ? DEFAULT_PAGE_SIZE : Math.min(asked, LARGEST_PAGE_SIZE);
  }
}
