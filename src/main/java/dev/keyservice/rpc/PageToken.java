package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keyservice.crypto.Aead;
import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.failure.Failure;
import dev.keyservice.identity.Caller;
import dev.keyservice.store.Store;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Base64;
import java.util.Optional;

/// Opaque page tokens: `base64url(XAES-256-GCM(last name looked at))`, with the caller and the
/// query as associated data. So a token cannot be made up, changed, passed on or used for another
/// list, and does not tell the name in it, which its bearer may have no right to see. It is keyed
/// by the store, so it outlives a restart.
@Singleton
final class PageToken {
  private final Instance<Store> store;

  /// @param store asked late: services are made before the start opens the store
  PageToken(Instance<Store> store) {
    this.store = store;
  }

  /// The token for what follows `last`; empty when nothing does.
  String issue(Caller caller, String query, Optional<String> last) {
    return last.map(name -> tokens().seal(name.getBytes(UTF_8), binding(caller, query)))
        .map(Base64.getUrlEncoder().withoutPadding()::encodeToString)
        .orElse("");
  }

  /// Where the page begins; empty for the first.
  Optional<String> redeem(Caller caller, String query, String token) {
    if (token.isEmpty()) {
      return Optional.empty();
    }
    try {
      var sealed = Base64.getUrlDecoder().decode(token);
      return Optional.of(new String(tokens().open(sealed, binding(caller, query)), UTF_8));
    } catch (IllegalArgumentException | Failure.InvalidArgument e) {
      throw invalid("page_token", "must be the next_page_token of an answer to the same request");
    }
  }

  private Aead tokens() {
    return store.get().storeKeys().pageTokens();
  }

  private static byte[] binding(Caller caller, String query) {
    return LengthPrefixed.untagged().text(caller.id()).text(query).toByteArray();
  }
}
