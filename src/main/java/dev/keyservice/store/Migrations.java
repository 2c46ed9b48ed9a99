package dev.keyservice.store;

import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/// Brings the tables up to date.
///
/// The scripts are listed here instead of searched for: a native image has no class path to search,
/// and the service, its commands and the tests take one way.
final class Migrations {
  static final String DIRECTORY = "db/sqlite";

  /// A test compares this with the directory.
  static final List<String> SCRIPTS =
      List.of(
          "V1__keys_and_change_log.sql",
          "V2__audit_key.sql",
          "V3__life_of_keys.sql",
          "V4__uses.sql");

  private Migrations() {}

  /// @throws dev.keyservice.failure.SettingRefused when the store was made by a newer version, or
  ///   its tables are not what the scripts made
  static void migrate(DataSource pool) {
    var flyway = flyway(pool);
    try {
      refuseANewerSchema(flyway);
      var _ = flyway.migrate();
    } catch (FlywayException e) {
      throw StoreFile.refused("the tables cannot be brought up to date (" + e.getMessage() + ")");
    }
  }

  /// Flyway by itself would go on with tables that it does not know.
  private static void refuseANewerSchema(Flyway flyway) {
    for (var applied : flyway.info().applied()) {
      switch (applied.getState()) {
        case FUTURE_SUCCESS, FUTURE_FAILED ->
            throw StoreFile.refused(
                "the store has schema version %s, and this version of the service knows them up to %s; run the newer version that served it"
                    .formatted(applied.getVersion(), newest()));
        default -> {
          // ours
        }
      }
    }
  }

  /// The number of the last script.
  private static String newest() {
    var script = SCRIPTS.getLast();
    return script.substring(1, script.indexOf("__"));
  }

  private static Flyway flyway(DataSource pool) {
    return Flyway.configure(Migrations.class.getClassLoader())
        .dataSource(pool)
        .resourceProvider(new Scripts())
        // None in Java. Left to itself, Flyway would search the class path for them.
        .javaMigrationClassProvider(List::of)
        .locations(DIRECTORY)
        .load();
  }

  private static final class Scripts implements ResourceProvider {
    /// Flyway asks for a `.conf` beside each script, too.
    @Override
    public @Nullable LoadableResource getResource(String name) {
      return SCRIPTS.contains(name) ? new Script(name) : null;
    }

    @Override
    public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
      return SCRIPTS.stream()
          .filter(
              name -> name.startsWith(prefix) && Arrays.stream(suffixes).anyMatch(name::endsWith))
          .<LoadableResource>map(Script::new)
          .toList();
    }
  }

  private static final class Script extends LoadableResource {
    private final String name;

    Script(String name) {
      this.name = name;
    }

    @Override
    public Reader read() {
      var loader = Migrations.class.getClassLoader();
      var script = Objects.requireNonNull(loader.getResourceAsStream(getRelativePath()), name);
      return new InputStreamReader(script, StandardCharsets.UTF_8);
    }

    @Override
    public String getAbsolutePath() {
      return getRelativePath();
    }

    @Override
    public String getAbsolutePathOnDisk() {
      return getRelativePath();
    }

    @Override
    public String getFilename() {
      return name;
    }

    @Override
    public String getRelativePath() {
      return DIRECTORY + "/" + name;
    }
  }
}
