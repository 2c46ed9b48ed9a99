package dev.keyservice.token;

/// Why a token is not accepted, in words for its bearer.
public final class TokenRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String why;

  TokenRefused(String why) {
    super(why, null, false, false);
    this.why = why;
  }

  /// In words for its bearer; nothing of the token is in it.
  public String why() {
    return why;
  }
}
