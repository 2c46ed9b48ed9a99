package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.Tally;
import io.agroal.api.AgroalDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;

/// Runs work in transactions, and turns what the database throws into what a caller may see.
final class Transactions {
  private static final Logger LOG = Logger.getLogger(Transactions.class);

  private final AgroalDataSource pool;
  private final SqlDialect dialect;
  private final Tally reads = new Tally();
  private final Tally writes = new Tally();
  private final LongAdder failedReads = new LongAdder();
  private final LongAdder failedWrites = new LongAdder();

  /// What is done in a transaction.
  ///
  /// @param <T> what it finds out
  /// @param <E> what else it throws
  @FunctionalInterface
  interface Work<T, E extends Exception> {
    T run(Connection connection) throws SQLException, E;
  }

  Transactions(AgroalDataSource pool, SqlDialect dialect) {
    this.pool = pool;
    this.dialect = dialect;
  }

  SqlDialect dialect() {
    return dialect;
  }

  /// Runs work that sees one state of the database.
  ///
  /// @throws Failure.Unavailable when the database does not answer
  <T, E extends Exception> T read(Work<T, E> work) throws E {
    var begin = System.nanoTime();
    try (var connection = pool.getConnection()) {
      dialect.beginRead(connection);
      try {
        return work.run(connection);
      } finally {
        dialect.rollback(connection);
      }
    } catch (SQLException e) {
      LOG.errorf("the store cannot be read: %s", e.getMessage());
      failedReads.increment();
      throw unavailable("the store does not answer");
    } finally {
      reads.doneSince(begin);
    }
  }

  /// Runs work and makes it durable; when it throws, nothing is changed.
  ///
  /// @throws Failure.Unavailable when the database does not confirm it: it may or may not be there
  <T, E extends Exception> T write(Work<T, E> work) throws E {
    var begin = System.nanoTime();
    try (var connection = pool.getConnection()) {
      dialect.beginWrite(connection);
      try {
        var result = work.run(connection);
        dialect.commit(connection);
        return result;
      } catch (Throwable e) {
        rollBack(connection, e);
        throw e;
      }
    } catch (SQLException e) {
      LOG.errorf("the store did not confirm a change: %s", e.getMessage());
      // After a full disk or an I/O error, prepared statements and caches of a connection are not
      // to
      // be trusted; none of the pool is used again.
      pool.flush(AgroalDataSource.FlushMode.GRACEFUL);
      failedWrites.increment();
      throw unavailable("the store did not confirm the change: outcome unknown");
    } finally {
      writes.doneSince(begin);
    }
  }

  /// Removes from the files what was overwritten or deleted.
  ///
  /// @return whether all of it is gone
  /// @throws Failure.Unavailable when the database does not answer
  boolean eraseTraces() {
    try (var connection = pool.getConnection()) {
      return dialect.eraseTraces(connection);
    } catch (SQLException e) {
      LOG.errorf("the files of the store cannot be cleaned: %s", e.getMessage());
      failedWrites.increment();
      throw unavailable("the store does not answer");
    }
  }

  /// Transactions that read, those that failed included.
  Tally reads() {
    return reads;
  }

  /// Transactions that write, those that failed included.
  Tally writes() {
    return writes;
  }

  /// How many reads the database did not answer.
  long failedReads() {
    return failedReads.sum();
  }

  /// How many writes the database did not confirm.
  long failedWrites() {
    return failedWrites.sum();
  }

  private void rollBack(Connection connection, Throwable cause) {
    try {
      dialect.rollback(connection);
    } catch (SQLException e) {
      cause.addSuppressed(e); // after most errors SQLite has rolled back by itself
    }
  }

  private static Failure.Unavailable unavailable(String message) {
    return new Failure.Unavailable(Reason.STORE_UNAVAILABLE, message);
  }
}
