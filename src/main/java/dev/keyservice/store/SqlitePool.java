package dev.keyservice.store;

import dev.keyservice.failure.SettingRefused;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/// The pool that Quarkus makes from `application.properties`, for those who run without Quarkus:
/// commands that work on the file, and tests. A test compares the two.
public final class SqlitePool {
  /// One for each thread of [StoreThreads].
  static final int MAX_SIZE = 1 + StoreThreads.READERS + StoreThreads.FOLLOWERS;

  static final Duration ACQUISITION_TIMEOUT = Duration.ofSeconds(5);

  private static final String PREFIX = "jdbc:sqlite:";
  private static final String URL_SETTING = "QUARKUS_DATASOURCE_SQLITE_JDBC_URL";

  private SqlitePool() {}

  /// Opens no connection yet.
  public static AgroalDataSource of(Path file) {
    try {
      var pool =
          AgroalDataSource.from(
              new AgroalDataSourceConfigurationSupplier()
                  .connectionPoolConfiguration(pool_ ->
                      pool_
                          .maxSize(MAX_SIZE)
                          .acquisitionTimeout(ACQUISITION_TIMEOUT)
                          .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url(file)))));
      pool.setPoolInterceptors(List.of(new SqliteConnections()));
      return pool;
    } catch (SQLException e) {
      throw new IllegalStateException("a pool without connections opens nothing", e);
    }
  }

  static String url(Path file) {
    return PREFIX + file;
  }

  /// Refuses a pool of another file than the one that was checked and locked, which would be served
  /// without a lock.
  static void requireFile(AgroalDataSource pool, Path file) {
    var url =
        pool.getConfiguration()
            .connectionPoolConfiguration()
            .connectionFactoryConfiguration()
            .jdbcUrl();
    if (!isOf(file, url)) {
      throw new SettingRefused(
          URL_SETTING, "is not the file of " + StoreFile.SETTING + "; leave it unset");
    }
  }

  private static boolean isOf(Path file, String url) {
    try {
      return url.startsWith(PREFIX)
          && Path.of(url.substring(PREFIX.length())).toRealPath().equals(file.toRealPath());
    } catch (IOException | InvalidPathException e) {
      return false; // the file itself is there
    }
  }
}
