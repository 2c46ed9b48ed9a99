package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whoever can write the database, but has no store key, changes what it holds.
class SqliteIntegrityTest {
  /// The key that is attacked, the second of four.
  private static final String VICTIM = "payments/cards";

  /// Its successor in the log, which follows from the victim's MAC.
  private static final String NEXT = "payments/ledger";

  private static final List<String> OTHERS = List.of("orders/archive", "zebra/last");

  @TempDir Path directory;
  private TestStore store;
  private Tampering tampering;

  @BeforeEach
  void openAStoreOfFourKeys() throws SQLException {
    store = TestStore.in(directory);
    for (var path : List.of("orders/archive", VICTIM, NEXT, "zebra/last")) {
      var _ = store.create(path);
    }
    tampering = Tampering.with(store.file());
  }

  @AfterEach
  void close() throws SQLException {
    tampering.close();
    store.close();
  }

  @Test
  void believesNoKeyOfWhichASingleBitHasChanged() throws SQLException {
    var bits = 0;
    for (var table : List.of(Table.CRYPTO_KEY, Table.CRYPTO_KEY_VERSION)) {
      for (var column : table.columns()) {
        var cell = new Cell(table.tableName(), column, 2);
        bits += flipBits(cell, 1, this::expectOnlyTheVictimRefused);
      }
    }

    System.out.printf("proof: %d single-bit changes of key rows, 0 believed%n", bits);
    assertEquals(1, store.store().damagedKeys());
    assertTrue(store.get(VICTIM).isPresent(), "readable again once it is as it was");
  }

  @Test
  void believesNoEntryOfTheLogOfWhichASingleBitHasChanged() throws SQLException {
    var bits = 0;
    for (var column : Table.CHANGE_LOG.columns()) {
      bits += flipBits(new Cell("change_log", column, 2), 1, this::expectTheLogToBeBroken);
    }

    System.out.printf("proof: %d single-bit changes of a log entry, 0 believed%n", bits);
    assertTrue(store.get(NEXT).isPresent(), "readable again once it is as it was");
  }

  @Test
  void doesNotStartWhenABitOfTheStoreItselfHasChanged() throws SQLException {
    var columns =
        Map.of(
            "store", List.of(Column.bytes("id"), Column.integer("format")),
            "store_key",
                List.of(Column.integer("id"), Column.text("root_key_id"), Column.bytes("wrapped")));
    store.close();
    var step = Boolean.getBoolean("proof.full") ? 1 : 29; // each is a start
    var bits = 0;
    for (var table : columns.entrySet()) {
      for (var column : table.getValue()) {
        bits += flipBits(new Cell(table.getKey(), column, 1), step, this::expectNoStart);
      }
    }

    System.out.printf("proof: %d single-bit changes of the store's own rows, 0 starts%n", bits);
  }

  private void expectOnlyTheVictimRefused(Cell cell) {
    expectRefused(VICTIM, cell);
    expectReadable(cell, OTHERS);
    expectReadable(cell, List.of(NEXT));
  }

  private void expectTheLogToBeBroken(Cell cell) {
    expectRefused(VICTIM, cell);
    expectReadable(cell, OTHERS);
    assertThrows(BrokenLog.class, this::walk, cell::toString);
  }

  /// What a start does with the log, without the rest of a start.
  private void walk() throws SQLException, BrokenLog {
    try (var connection = store.pool().getConnection()) {
      var _ = new ChangeLog(store.store().storeKeys()).follow(connection);
    }
  }

  private void expectNoStart(Cell cell) {
    assertThrows(SettingRefused.class, () -> TestStore.tryOpening(directory), cell::toString);
  }

  private void expectRefused(String path, Cell cell) {
    assertThrows(Failure.DataLoss.class, () -> store.get(path), cell::toString);
  }

  private void expectReadable(Cell cell, List<String> paths) {
    for (var path : paths) {
      assertTrue(store.get(path).isPresent(), () -> path + " is lost too, with " + cell);
    }
  }

  @FunctionalInterface
  private interface Expectation {
    void afterChanging(Cell cell);
  }

  /// Changes every `step`th bit, expects, and puts it back.
  private int flipBits(Cell cell, int step, Expectation expectation) throws SQLException {
    var original = cell.read(tampering);
    var bits = 0;
    var from = original == null ? new byte[Long.BYTES] : original;
    for (int bit = 0; bit < from.length * Byte.SIZE; bit += step) {
      var changed = Cell.flipped(from, bit);
      if (cell.canBecome(changed, tampering)) {
        var moved = cell.write(tampering, changed);
        expectation.afterChanging(cell);
        var _ = moved.write(tampering, original);
        bits++;
      }
    }
    return bits;
  }
}
