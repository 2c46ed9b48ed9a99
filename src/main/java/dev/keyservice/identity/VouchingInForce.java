package dev.keyservice.identity;

import jakarta.inject.Singleton;

/// Which authority may vouch for whom at this moment. The access policy says so, and may say
/// something else later; until it speaks there is no restriction.
@Singleton
public final class VouchingInForce {
  private volatile Vouching vouching = Vouching.unrestricted();

  /// Puts rules in force for every call from now on.
  public void enforce(Vouching next) {
    vouching = next;
  }

  /// The rules in force.
  public Vouching current() {
    return vouching;
  }
}
