package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The PEM files that one side of a connection is configured with.
///
/// @param side whose files these are
/// @param ca certificate authorities that vouch for the other side; none for a client means those
///   of the system
/// @param certificate own certificate, followed by its intermediates
/// @param key private key of the certificate
/// @param crl revocation lists of those authorities; none means that nothing is revoked
public record TlsFiles(
    Side side,
    @Nullable Path ca,
    @Nullable Path certificate,
    @Nullable Path key,
    @Nullable Path crl) {
  static final String CA_SETTING = "KEYSERVICE_TLS_CA_FILE";
  static final String CERTIFICATE_SETTING = "KEYSERVICE_TLS_CERT_FILE";
  static final String KEY_SETTING = "KEYSERVICE_TLS_KEY_FILE";
  static final String CRL_SETTING = "KEYSERVICE_TLS_CRL_FILE";

  /// One end of a connection, named in every refusal because both read the same settings.
  public enum Side {
    SERVER("server", "clients"),
    CLIENT("client", "the server");

    private final String word;
    private final String peer;

    Side(String word, String peer) {
      this.word = word;
      this.peer = peer;
    }

    String word() {
      return word;
    }

    String peer() {
      return peer;
    }
  }

  public TlsFiles {
    if (certificate == null && key != null) {
      throw new SettingRefused(
          CERTIFICATE_SETTING, "is missing, but " + KEY_SETTING + " is set; set both or neither");
    }
    if (key == null && certificate != null) {
      throw new SettingRefused(
          KEY_SETTING, "is missing, but " + CERTIFICATE_SETTING + " is set; set both or neither");
    }
    if (crl != null && ca == null) {
      throw new SettingRefused(
          CRL_SETTING, "needs " + CA_SETTING + ", whose authorities sign the revocation lists");
    }
  }

  /// A server's files, all of them needed.
  ///
  /// @throws SettingRefused naming the first that is missing
  public static TlsFiles ofServer(
      @Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
    require(CA_SETTING, ca, "the CA certificates (PEM) that vouch for clients");
    require(CERTIFICATE_SETTING, certificate, "the server's certificate (PEM)");
    require(KEY_SETTING, key, "the private key (PEM) of the server's certificate");
    return new TlsFiles(Side.SERVER, ca, certificate, key, null);
  }

  /// A client's files: without a CA the system's are believed; certificate and key come together or
  /// not at all.
  ///
  /// @throws SettingRefused when only one of certificate and key is given
  public static TlsFiles ofClient(
      @Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
    return new TlsFiles(Side.CLIENT, ca, certificate, key, null);
  }

  /// The same files with revocation lists.
  ///
  /// @throws SettingRefused when no file has the authorities that sign them
  public TlsFiles withRevocationLists(@Nullable Path file) {
    return new TlsFiles(side, ca, certificate, key, file);
  }

  /// All files that are set.
  List<Path> paths() {
    return Stream.of(ca, certificate, key, crl).filter(Objects::nonNull).toList();
  }

  private static void require(String setting, @Nullable Path file, String what) {
    if (file == null) {
      throw new SettingRefused(setting, "is missing; name the file with " + what);
    }
  }
}
