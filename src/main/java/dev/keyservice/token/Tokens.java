package dev.keyservice.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jspecify.annotations.Nullable;

/// The tokens of the issuers that are accepted: none before [#accept].
///
/// Verifying a signature costs more than everything else of a call, so a token that was verified is
/// known until it ends or its issuer takes the key back, and one that was refused is for a few
/// seconds. Of both only a hash is kept, and of what a good one says only so much.
// Caffeine finds the caches that its builder describes by name.
@RegisterForReflection(
    classNames = {
      "com.github.benmanes.caffeine.cache.SSMWA",
      "com.github.benmanes.caffeine.cache.PSWMW",
      "com.github.benmanes.caffeine.cache.SSMSW",
      "com.github.benmanes.caffeine.cache.PSWMS"
    })
@Singleton
public final class Tokens implements AutoCloseable {
  private static final Duration REFUSED_FOR = Duration.ofSeconds(5);

  /// A token may name hundreds of groups, so tokens are not counted but weighed, in about bytes.
  private static final long MOST_KNOWN = 64 << 20;

  private static final int MOST_REFUSED = 8_192;

  private final Clock clock;
  private final LongAdder verified = new LongAdder();
  private final Cache<Digest, Known> known;

  /// Apart from those that are good: a flood of bad ones must not drive them out.
  private final Cache<Digest, Refused> refused =
      Caffeine.newBuilder().maximumSize(MOST_REFUSED).expireAfterWrite(REFUSED_FOR).build();

  private volatile Map<String, Issuer> issuers = Map.of();

  @Inject
  Tokens(Clock clock) {
    this(clock, MOST_KNOWN);
  }

  /// @param mostKnown weight of the tokens that are known at a time
  Tokens(Clock clock, long mostKnown) {
    this.clock = clock;
    this.known =
        Caffeine.newBuilder()
            .maximumWeight(mostKnown)
            .weigher((Digest _, Known one) -> one.weight())
            .expireAfter(Expiry.<Digest, Known>creating((_, one) -> one.left(clock.instant())))
            .build();
  }

  /// One issuer with what belongs to it.
  private record Issuer(
      TokenIssuer settings, IssuerKeys keys, KeyRefresh refresh, TokenVerifier verifier) {}

  /// A token that was verified with one of the keys that its issuer had.
  private record Known(VerifiedToken token, IssuerKeys of, KeySet by, JsonWebKey key) {
    private static final int WEIGHT = 512;
    private static final int WEIGHT_OF_GROUP = 32;

    boolean hasEnded(Instant now) {
      return !now.isBefore(token.end());
    }

    boolean isBy(KeySet keys) {
      return by == keys;
    }

    Known by(KeySet keys) {
      return new Known(token, of, keys, key);
    }

    Duration left(Instant now) {
      return Duration.between(now, token.end());
    }

    int weight() {
      var text = token.subject().length();
      for (var group : token.groups()) {
        text += WEIGHT_OF_GROUP + group.length();
      }
      return WEIGHT + 2 * text;
    }
  }

  /// @param by the keys that its issuer had; null where they did not matter
  private record Refused(String why, @Nullable IssuerKeys of, @Nullable KeySet by) {
    boolean isStill() {
      return of == null || of.current() == by;
    }
  }

  /// SHA-256 of a token.
  private record Digest(long a, long b, long c, long d) {
    static Digest of(String token) {
      try {
        var sha256 = MessageDigest.getInstance("SHA-256");
        var hash = ByteBuffer.wrap(sha256.digest(token.getBytes(StandardCharsets.ISO_8859_1)));
        return new Digest(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Digest digest
          && a == digest.a
          && b == digest.b
          && c == digest.c
          && d == digest.d;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(a);
    }
  }

  /// How the keys of an issuer are.
  ///
  /// @param keys how many
  /// @param confirmed when they were last found to be those of the issuer; empty before there were
  ///   any
  /// @param changes how often they were put into force
  /// @param failures how often they could not be read
  public record IssuerStatus(int keys, Optional<Instant> confirmed, long changes, long failures) {}

  /// Accepts the tokens of the issuers that a file names, and begins to follow their keys.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when the file, or a file with keys that it
  ///   names, is not as it must be
  public void accept(Path file) {
    issuers =
        IssuersFile.load(file).stream()
            .map(this::issuer)
            .collect(
                Collectors.toUnmodifiableMap(one -> one.settings().issuer(), Function.identity()));
    issuers.values().forEach(issuer -> issuer.refresh().start());
  }

  private Issuer issuer(TokenIssuer settings) {
    var keys = new IssuerKeys(settings.issuer(), clock);
    var refresh =
        switch (settings.source()) {
          case KeySource.InFile(var file) -> new KeysInFile(file, keys);
          case KeySource.OverHttps https ->
              new KeysOverHttps(new KeyServer(https), keys, settings.refresh());
        };
    return new Issuer(settings, keys, refresh, new TokenVerifier(settings, clock));
  }

  /// What a token says, if it is to be believed.
  ///
  /// @param gate runs before anything is done for a token that was not verified before; what it
  ///   throws is passed on
  /// @throws TokenRefused when it is not
  public VerifiedToken verify(String token, Runnable gate) {
    var digest = Digest.of(token);
    var before = known.getIfPresent(digest);
    if (before != null && isStillGood(token, digest, before)) {
      return before.token();
    }
    gate.run();
    var refusal = refused.getIfPresent(digest);
    if (refusal != null && refusal.isStill()) {
      throw new TokenRefused(refusal.why());
    }
    return verify(token, digest);
  }

  /// An issuer adds keys and takes others back. As long as the key that made the signature is the
  /// one that would be chosen, the signature is as good as it was: else whoever is known would have
  /// to be verified anew all at once, and not at all where too many tokens are refused at the time.
  private boolean isStillGood(String token, Digest digest, Known before) {
    if (before.hasEnded(clock.instant())) {
      return false;
    }
    var keys = before.of().current();
    if (before.isBy(keys)) {
      return true;
    }
    var chosen = keys.candidates(TokenText.parse(token));
    if (chosen.size() != 1 || !chosen.getFirst().getKey().equals(before.key().getKey())) {
      return false;
    }
    known.put(digest, before.by(keys));
    return true;
  }

  private VerifiedToken verify(String token, Digest digest) {
    @Nullable Issuer issuer = null;
    @Nullable KeySet keys = null;
    try {
      var parsed = TokenText.parse(token);
      issuer = issuer(parsed);
      keys = issuer.keys().current();
      var key = key(parsed, issuer, keys);
      var good = issuer.verifier().verify(token, key);
      known.put(digest, new Known(good, issuer.keys(), keys, key));
      verified.increment();
      return good;
    } catch (TokenRefused e) {
      refused.put(digest, new Refused(e.why(), issuer == null ? null : issuer.keys(), keys));
      throw e;
    }
  }

  private Issuer issuer(JsonWebSignature token) {
    var issuer = issuers.get(TokenText.claimedIssuer(token));
    if (issuer == null) {
      throw new TokenRefused("the token's issuer is not known");
    }
    return issuer;
  }

  /// The key that can have signed it, after all that can be said before any is tried.
  private static JsonWebKey key(JsonWebSignature parsed, Issuer issuer, KeySet keys) {
    issuer.verifier().refuseHeaders(parsed);
    var candidates = keys.candidates(parsed);
    if (candidates.isEmpty()) {
      issuer.refresh().wanted();
      throw new TokenRefused("the token's key is not known");
    }
    if (candidates.size() > 1) {
      throw new TokenRefused("the token does not say which key of its issuer signed it");
    }
    return candidates.getFirst();
  }

  /// How many signatures were verified and found good since the start.
  public long verified() {
    return verified.sum();
  }

  /// How many tokens are known, once those that have ended are forgotten.
  long known() {
    known.cleanUp();
    return known.estimatedSize();
  }

  /// How the keys of each issuer are, by issuer.
  public Map<String, IssuerStatus> issuers() {
    return issuers.entrySet().stream()
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, one -> status(one.getValue())));
  }

  private static IssuerStatus status(Issuer issuer) {
    var keys = issuer.keys();
    return new IssuerStatus(
        keys.current().size(), keys.confirmed(), keys.changes(), keys.failures());
  }

  @Override
  @PreDestroy
  public void close() {
    issuers.values().forEach(issuer -> issuer.refresh().close());
  }
}
