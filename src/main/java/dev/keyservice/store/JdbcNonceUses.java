package dev.keyservice.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.NonceUses;
import dev.keyservice.key.UseBudget;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;

/// Reserves uses in the database, on the thread that writes.
///
/// Budgets outlast the keys that the keyring drops and opens again. A budget that had to go itself
/// takes what it had reserved with it: whoever still holds it may use that up, and the next one
/// reserves anew.
public final class JdbcNonceUses implements NonceUses {
  /// More than the keyring holds secrets.
  static final int MAX_BUDGETS = 20_000;

  private static final int ONE_ANSWER = 1_000;

  private final Transactions transactions;
  private final StoreThreads threads;
  private final NonceBlocks blocks;
  private final long limit;
  private final Cache<VersionId, ReservedUses> budgets =
      Caffeine.newBuilder().maximumSize(MAX_BUDGETS).build();
  private final LongAdder reservations = new LongAdder();
  private final LongAdder refusals = new LongAdder();

  /// @param limit of the uses of a version, where its algorithm does not allow fewer
  JdbcNonceUses(Transactions transactions, StoreThreads threads, NonceBlocks blocks, long limit) {
    this.transactions = transactions;
    this.threads = threads;
    this.blocks = blocks;
    this.limit = limit;
  }

  @Override
  public UseBudget of(CryptoKeyVersionName name, UUID keyUid, Algorithm algorithm) {
    var most = Math.min(limit, algorithm.mostUses().orElseThrow());
    return budgets.get(
        new VersionId(keyUid, name.version()),
        _ -> new ReservedUses(most, new Blocks(name, keyUid, most)));
  }

  @Override
  public Uni<List<CryptoKeyVersionName>> runningOut() {
    var threeQuarters = limit - limit / 4;
    return threads.read(
        "nonce_uses",
        () ->
            transactions.read(
                connection -> blocks.primariesFrom(connection, threeQuarters, ONE_ANSWER)));
  }

  /// How often uses were reserved.
  public long reservations() {
    return reservations.sum();
  }

  /// How often an encryption was refused because the version had none left.
  public long refusals() {
    return refusals.sum();
  }

  /// The blocks of one version.
  private final class Blocks implements ReservedUses.Source {
    private final CryptoKeyVersionName name;
    private final UUID keyUid;
    private final long most;

    /// All that were reserved when this was last looked at. Touched by the thread that writes
    /// alone.
    private long known;

    Blocks(CryptoKeyVersionName name, UUID keyUid, long most) {
      this.name = name;
      this.keyUid = keyUid;
      this.most = most;
    }

    @Override
    public Uni<Long> reserve(long wanted) {
      return threads.write("reserve_uses", () -> reserveNow(wanted));
    }

    private long reserveNow(long wanted) {
      var reserved =
          transactions.write(
              connection -> blocks.reserve(connection, keyUid, name, wanted, most, known));
      known = reserved.total();
      reservations.increment();
      return reserved.uses();
    }

    @Override
    public Failure exhausted() {
      refusals.increment();
      return new Failure.FailedPrecondition(
          Reason.VERSION_EXHAUSTED,
          name.resource(),
          "has encrypted as often as it may; rotate the key");
    }
  }
}
