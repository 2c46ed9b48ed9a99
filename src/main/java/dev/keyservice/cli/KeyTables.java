package dev.keyservice.cli;

import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.KeyRing;
import java.util.ArrayList;
import java.util.List;

/// Keys, versions and rings as rows for people.
final class KeyTables {
  private KeyTables() {}

  static List<List<String>> keys(List<CryptoKey> keys) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("KEY", "VERSION", "STATE", "ALGORITHM", "CREATED", "ROTATES", "LABELS"));
    for (var key : keys) {
      rows.add(
          List.of(
              KeyPath.shortened(key.getName()),
              key.hasPrimary() ? primaryVersion(key) : "-",
              key.hasPrimary() ? key.getPrimary().getState().name() : "-",
              algorithm(key).name(),
              Times.text(key.getCreateTime()),
              Times.orNever(key.hasNextRotationTime(), key.getNextRotationTime()),
              labels(key)));
    }
    return rows;
  }

  static List<List<String>> versions(List<CryptoKeyVersion> versions) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("VERSION", "STATE", "ALGORITHM", "CREATED", "DESTROYED"));
    for (var version : versions) {
      rows.add(
          List.of(
              KeyPath.shortened(version.getName()),
              version.getState().name(),
              version.getAlgorithm().name(),
              Times.text(version.getCreateTime()),
              destruction(version)));
    }
    return rows;
  }

  static List<List<String>> usage(List<CryptoKeyVersion> versions) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("VERSION", "STATE", "USES", "LAST USE"));
    for (var version : versions) {
      var usage = version.getUsage();
      rows.add(
          List.of(
              KeyPath.shortened(version.getName()),
              version.getState().name(),
              usage.getDamaged() ? "unknown" : Long.toString(usage.getCount()),
              Times.orNever(usage.hasLastUseTime(), usage.getLastUseTime())));
    }
    return rows;
  }

  private static String destruction(CryptoKeyVersion version) {
    if (version.hasDestroyTime()) {
      return "after " + Times.text(version.getDestroyTime());
    }
    return version.hasDestroyEventTime() ? Times.text(version.getDestroyEventTime()) : "-";
  }

  static List<List<String>> rings(List<KeyRing> rings) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("RING"));
    rings.forEach(ring -> rows.add(List.of(KeyPath.shortened(ring.getName()))));
    return rows;
  }

  private static CryptoKeyVersion.Algorithm algorithm(CryptoKey key) {
    return key.hasPrimary()
        ? key.getPrimary().getAlgorithm()
        : key.getVersionTemplate().getAlgorithm();
  }

  static String primaryVersion(CryptoKey key) {
    return key.getPrimary().getName().replaceFirst(".*/", "");
  }

  static String labels(CryptoKey key) {
    return String.join(
        ",",
        key.getLabelsMap().entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .sorted()
            .toList());
  }
}
