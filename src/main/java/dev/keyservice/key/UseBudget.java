package dev.keyservice.key;

import io.smallrye.mutiny.Uni;

/// How often one version may still encrypt.
///
/// What is taken is never given back, whether it is used or not: a budget may count too many uses,
/// never too few. Safe for any number of threads.
public interface UseBudget {
  /// That of a version which nobody has to count.
  UseBudget UNLIMITED = new Unlimited();

  /// Takes so many uses if they are at hand.
  ///
  /// @param uses at least 1
  /// @return whether it did; if not, they may still be had by [#take]
  boolean tryTake(int uses);

  /// Takes so many uses, all or none, and waits for them where none are at hand. Does so each time
  /// somebody subscribes.
  ///
  /// Fails with `FailedPrecondition` (`VERSION_EXHAUSTED`) when fewer are left, with `DataLoss`
  /// when nobody knows how many are, and with `Unavailable` as the store does.
  ///
  /// @param uses at least 1
  Uni<Void> take(int uses);

  /// Has always enough.
  final class Unlimited implements UseBudget {
    private Unlimited() {}

    @Override
    public boolean tryTake(int uses) {
      return true;
    }

    @Override
    public Uni<Void> take(int uses) {
      return Uni.createFrom().voidItem();
    }
  }
}
