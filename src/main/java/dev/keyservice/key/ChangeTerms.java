package dev.keyservice.key;

import java.util.Optional;

/// On which terms a change is made.
///
/// @param actor who makes it, as the change log records it: the caller's id
/// @param etag of the key as its caller saw it last; a key that is another by now is not changed
/// @param validateOnly whether only to say what would become of it
/// @param request which makes a repeated request one change; empty when each is one of its own
public record ChangeTerms(
    String actor, Optional<String> etag, boolean validateOnly, Optional<RequestOnce> request) {

  /// Just make it.
  public static ChangeTerms of(String actor) {
    return new ChangeTerms(actor, Optional.empty(), false, Optional.empty());
  }
}
