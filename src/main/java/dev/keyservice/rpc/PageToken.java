package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keyservice.crypto.Aead;
import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.failure.Failure;
import dev.keyservice.identity.Caller;
import dev.keyservice.store.Store;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;

/// Opaque page tokens: `base64url(XAES-256-GCM(last name looked at))`, with the caller and the
/// query as associated data. So a token cannot be made up, changed, passed on or used for another
/// list, and does not tell the name in it, which its bearer may have no right to see. It is keyed
/// by the store, so it outlives a restart.
@Singleton
final class PageToken {
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private final Supplier<Aead> tokens;

  /// @param store asked late: services are made before the start opens the store
  @Inject
  PageToken(Instance<Store> store) {
    this(() -> store.get().storeKeys().pageTokens());
  }

  PageToken(Supplier<Aead> tokens) {
    this.tokens = tokens;
  }

  /// The token for what follows `last`; empty when nothing does.
  String issue(Caller caller, String query, Optional<String> last) {
    return last.map(name -> tokens.get().seal(name.getBytes(UTF_8), binding(caller, query)))
        .map(ENCODER::encodeToString)
        .orElse("");
  }

  /// Where the page begins; empty for the first.
  Optional<String> redeem(Caller caller, String query, String token) {
    if (token.isEmpty()) {
      return Optional.empty();
    }
    try {
      var last = tokens.get().open(decoded(token), binding(caller, query));
      return Optional.of(new String(last, UTF_8));
    } catch (IllegalArgumentException | Failure.InvalidArgument e) {
      throw invalid("page_token", "must be the next_page_token of an answer to the same request");
    }
  }

  /// The decoder passes over padding, and over bits at the end that stand for nothing, so it takes
  /// several texts for the same bytes. Only the one that was issued counts.
  private static byte[] decoded(String token) {
    var bytes = Base64.getUrlDecoder().decode(token);
    if (!ENCODER.encodeToString(bytes).equals(token)) {
      throw new IllegalArgumentException("another spelling");
    }
    return bytes;
  }

  private static byte[] binding(Caller caller, String query) {
    return LengthPrefixed.untagged().text(caller.id()).text(query).toByteArray();
  }
}
