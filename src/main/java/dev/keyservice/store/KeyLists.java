package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyStore.KeyPage;
import dev.keyservice.key.KeyStore.RingPage;
import dev.keyservice.key.StoredKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/// Pages of keys and of rings, of those that the reader may see.
final class KeyLists {
  /// How many names one page looks at, at most, whether they are shown or not: a reader who may see
  /// little gets short pages, or empty ones, instead of making the store search all of it in one
  /// call.
  static final int NAMES_A_PAGE = 1_000;

  private final KeyNames names;
  private final KeyReader reader;
  private final DamagedKeys damaged;

  /// What is asked for.
  ///
  /// @param awaited whether somebody still waits for it; a page that nobody gets is left as it is
  record Page(int limit, Predicate<CryptoKeyName> visible, BooleanSupplier awaited) {
    private boolean goesOn(int found, int looked) {
      return looked < NAMES_A_PAGE && goesOn(found);
    }

    boolean goesOn(int found) {
      return found < limit && awaited.getAsBoolean();
    }
  }

  KeyLists(KeyNames names, KeyReader reader, DamagedKeys damaged) {
    this.names = names;
    this.reader = reader;
    this.damaged = damaged;
  }

  KeyPage keys(
      Connection connection,
      KeyRingName ring,
      String after,
      Page page,
      Predicate<CryptoKey> matching)
      throws SQLException {
    var found = new ArrayList<StoredKey>();
    var refused = new ArrayList<CryptoKeyName>();
    var cursor = names.keys(connection, ring.ring(), after);
    for (int looked = 0; page.goesOn(found.size() + refused.size(), looked); looked++) {
      if (!cursor.advance()) {
        return new KeyPage(found, refused, Optional.empty());
      }
      var name = keyName(ring.ring(), cursor.name()).filter(page.visible());
      if (name.isPresent()) {
        try {
          reader
              .read(connection, name.get())
              .filter(stored -> matching.test(stored.key()))
              .ifPresent(found::add);
        } catch (Failure.DataLoss e) {
          refused.add(name.get()); // reported where it was found
        }
      }
    }
    return new KeyPage(found, refused, Optional.of(cursor.place()));
  }

  /// A step is from one ring to the next, or from one key to the next in a ring of which none was
  /// visible so far.
  RingPage rings(Connection connection, String after, Page page) throws SQLException {
    var found = new ArrayList<KeyRingName>();
    var at = RingPlace.parse(after);
    for (int looked = 0; page.goesOn(found.size(), looked); looked++) {
      if (!at.inside()) {
        var cursor = names.rings(connection, at.ring());
        if (!cursor.advance()) {
          return new RingPage(found, Optional.empty());
        }
        at = enter(cursor);
      } else {
        var cursor = names.keys(connection, at.ring(), at.key());
        if (!cursor.advance()) {
          at = RingPlace.after(at.ring());
        } else if (keyName(at.ring(), cursor.name()).filter(page.visible()).isPresent()) {
          found.add(new KeyRingName(at.ring()));
          at = RingPlace.after(at.ring());
        } else {
          at = new RingPlace(at.ring(), true, cursor.place());
        }
      }
    }
    return new RingPage(found, Optional.of(at.text()));
  }

  private RingPlace enter(KeyNames.Cursor ring) {
    if (KeyRingName.isValid(ring.name())) {
      return new RingPlace(ring.name(), true, "");
    }
    damaged.reportName(ring.name());
    return RingPlace.after(ring.place());
  }

  /// Where a list of rings stands: after a ring, written `/ring`, or inside one, after a key,
  /// written `ring/key`. Only a valid ring is ever entered, so that its name holds no `/`.
  ///
  /// @param key empty before the first
  private record RingPlace(String ring, boolean inside, String key) {
    static RingPlace after(String ring) {
      return new RingPlace(ring, false, "");
    }

    static RingPlace parse(String text) {
      var end = text.indexOf('/');
      return end > 0
          ? new RingPlace(text.substring(0, end), true, text.substring(end + 1))
          : after(text.substring(end + 1));
    }

    String text() {
      return inside ? ring + "/" + key : "/" + ring;
    }
  }

  private Optional<CryptoKeyName> keyName(String ring, String key) {
    if (KeyRingName.isValid(key)) {
      return Optional.of(new CryptoKeyName(ring, key));
    }
    damaged.reportName(ring + "/" + key);
    return Optional.empty();
  }
}
