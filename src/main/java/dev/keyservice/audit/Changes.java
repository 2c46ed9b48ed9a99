package dev.keyservice.audit;

import java.util.List;

/// The store's change log, as far as it concerns the audit trail. Blocks.
public interface Changes {

  /// The newest revision, 0 before the first change.
  long newest();

  /// Changes in their order.
  ///
  /// @param after a revision of the log, 0 for its beginning
  /// @param limit at least 1
  List<CommittedChange> after(long after, int limit);
}
