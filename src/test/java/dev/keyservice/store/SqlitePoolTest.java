package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class SqlitePoolTest {
  @Test
  void isThePoolThatTheServiceHas() throws Exception {
    var properties = new Properties();
    try (var in = getClass().getClassLoader().getResourceAsStream("application.properties")) {
      properties.load(Objects.requireNonNull(in));
    }
    var prefix = "quarkus.datasource." + SqliteConnections.DATA_SOURCE + ".jdbc.";

    try (var pool = SqlitePool.of(Path.of("data/keyservice.db"))) {
      var configuration = pool.getConfiguration().connectionPoolConfiguration();
      assertEquals(properties.getProperty(prefix + "max-size"), "" + configuration.maxSize());
      assertEquals(
          properties.getProperty(prefix + "acquisition-timeout"),
          configuration.acquisitionTimeout().toSeconds() + "s");
      assertEquals(
          properties.getProperty(prefix + "url").replaceAll("\\$\\{.*:(.*)}", "$1"),
          configuration.connectionFactoryConfiguration().jdbcUrl());
    }
  }
}
