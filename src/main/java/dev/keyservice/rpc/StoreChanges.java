package dev.keyservice.rpc;

import dev.keyservice.audit.Changes;
import dev.keyservice.audit.CommittedChange;
import dev.keyservice.key.ChangeEntry;
import dev.keyservice.store.Store;
import java.util.HexFormat;
import java.util.List;

/// The store's change log for the audit log.
record StoreChanges(Store store) implements Changes {
  @Override
  public long newest() {
    return store.newestRevision();
  }

  @Override
  public List<CommittedChange> after(long after, int limit) {
    return store.changes(after, limit).stream().map(StoreChanges::change).toList();
  }

  private static CommittedChange change(ChangeEntry entry) {
    return new CommittedChange(
        entry.revision(),
        entry.time(),
        entry.actor(),
        entry.action(),
        entry.name().resource(),
        HexFormat.of().formatHex(entry.mac()));
  }
}
