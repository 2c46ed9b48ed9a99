package dev.keyservice.audit;

import java.nio.file.Path;
import java.util.OptionalLong;

/// How the audit trail is kept.
///
/// @param directory of the files; made when it is missing
/// @param sync which records are on the disk before the answer leaves
/// @param fileBytes after which the next file begins
/// @param restoredRevision the revision of an older store that was restored on purpose; empty when
///   none was
public record AuditSettings(
    Path directory, AuditSync sync, long fileBytes, OptionalLong restoredRevision) {}
