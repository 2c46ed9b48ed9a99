package dev.keyservice.client;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;

/// What was minted as a key store, for servers of the JDK.
final class TestKeyStore {
  private TestKeyStore() {}

  static KeyStore of(TestAuthority.Pair pair) throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    var minted = pair.minted();
    store.setKeyEntry("key", minted.key(), new char[0], new Certificate[] {minted.certificate()});
    return store;
  }
}
