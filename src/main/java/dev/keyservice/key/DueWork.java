package dev.keyservice.key;

import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What the schedule asks of a store. What it finds is not verified: each is looked at again by the
/// change that it leads to.
///
/// Every method fails with `Failure.Unavailable` when the store does not answer, and blocks nobody.
public interface DueWork {

  /// The keys whose next rotation is due, the longest due first; not all when there are many.
  Uni<List<CryptoKeyName>> rotations(Instant now);

  /// The versions whose destruction is due, and whose keys are not protected, the longest due
  /// first; not all when there are many.
  Uni<List<CryptoKeyVersionName>> destructions(Instant now);

  /// Removes from the files of the store what destroyed material has left there. Emits whether all
  /// of it is gone; otherwise somebody still reads, and it is to be asked again.
  Uni<Boolean> eraseTraces();

  /// What was remembered last; empty in a new store.
  Uni<Optional<ScheduleMark>> mark();

  /// Remembers it.
  Uni<Void> remember(ScheduleMark mark);
}
