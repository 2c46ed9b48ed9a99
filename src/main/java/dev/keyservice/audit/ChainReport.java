package dev.keyservice.audit;

/// What was found in a chain that is in order.
///
/// @param chain its id
/// @param key base64 of the public key that its first file names
/// @param firstFile the number of the oldest file that is there; those before were taken away
/// @param beganAt the revision of the store when the first file was begun; 0 when that is not there
/// @param files how many
/// @param lines how many, all kinds together
/// @param calls how many that speak of calls
/// @param checkpoints how many, the beginnings of files left out
/// @param recovered changes whose call has no record
/// @param repairs torn lines that were found at a start
/// @param outages how often nothing could be written for a while
/// @param afterCheckpoint lines after the last signature: nobody would see them cut off
/// @param tornBytes of a last line that was not finished
/// @param ended whether the last line says that the service ended in good order
/// @param seq of the last line
/// @param hash of the last line
public record ChainReport(
    String chain,
    String key,
    long firstFile,
    long beganAt,
    long files,
    long lines,
    long calls,
    long checkpoints,
    long recovered,
    long repairs,
    long outages,
    long afterCheckpoint,
    long tornBytes,
    boolean ended,
    long seq,
    String hash) {

  /// The head, as an auditor notes it: `SEQ:HASH`.
  public String head() {
    return seq + ":" + hash;
  }
}
