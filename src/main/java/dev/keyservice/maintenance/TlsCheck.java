package dev.keyservice.maintenance;

import dev.keyservice.config.Setting;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.CertificateIdentity;
import dev.keyservice.transport.Authority;
import dev.keyservice.transport.ClientCertificates;
import dev.keyservice.transport.PemFile;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsMaterialLoader;
import dev.keyservice.transport.TlsTimes;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Looks at TLS files as the side that is configured with them does, before it is.
///
/// They are taken or refused by the code that the service and the client start with. What is told
/// about them is read apart from that, so that refused files are told about, too.
public final class TlsCheck {
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

  private final Clock clock;
  private final TlsTimes times;
  private final ClientCertificates clients;

  /// @param clock by which files are current or not
  /// @param crlGrace how long a revocation list counts after its nextUpdate, as its setting has it
  /// @param clientAuth whether a server's clients must have a certificate, as its setting has it
  /// @throws SettingRefused when one of the two is something else
  public TlsCheck(Clock clock, String crlGrace, String clientAuth) {
    this.clock = clock;
    this.clients = ClientCertificates.parse(clientAuth);
    this.times = TlsTimes.parse(crlGrace, Setting.TLS_POLL_INTERVAL.byDefault().orElseThrow());
  }

  /// Whose files they are.
  public enum Side {
    SERVER,
    CLIENT
  }

  /// The files, as far as they are set.
  public record Files(
      @Nullable Path ca, @Nullable Path certificate, @Nullable Path key, @Nullable Path crl) {}

  /// What these files mean.
  ///
  /// @param side whose they are; when that is not said, it follows from what the certificate is for
  /// @throws SettingRefused when there is no file, or one cannot be read
  public TlsReport look(Files files, Optional<Side> side) {
    if (files.ca() == null && files.certificate() == null && files.key() == null) {
      throw new SettingRefused(
          Setting.TLS_CERT_FILE.variable(), "is missing, and so are the others; name files");
    }
    var chain = certificates(Setting.TLS_CERT_FILE, files.certificate());
    var authorities = certificates(Setting.TLS_CA_FILE, files.ca());
    var lists = revocationLists(files.crl());
    var whose = side.orElseGet(() -> sideOf(chain));
    return new TlsReport(
        whose,
        chain.stream().map(CertificateFacts::of).toList(),
        signer(chain, authorities),
        callerId(whose, chain),
        authorities.stream().map(CertificateFacts::of).toList(),
        lists.stream().map(list -> RevocationListFacts.of(list, chain)).toList(),
        whose == Side.SERVER ? clients.name().toLowerCase(Locale.ROOT) : null,
        problem(files, whose, chain, lists));
  }

  private static List<X509Certificate> certificates(Setting setting, @Nullable Path file) {
    return file == null ? List.of() : new PemFile(setting.variable(), file).certificates();
  }

  private static List<X509CRL> revocationLists(@Nullable Path file) {
    return file == null
        ? List.of()
        : new PemFile(Setting.TLS_CRL_FILE.variable(), file).revocationLists();
  }

  private static Side sideOf(List<X509Certificate> chain) {
    if (chain.isEmpty()) {
      return Side.CLIENT;
    }
    try {
      var usages = chain.getFirst().getExtendedKeyUsage();
      return usages != null && usages.contains(CLIENT_AUTH) && !usages.contains(SERVER_AUTH)
          ? Side.CLIENT
          : Side.SERVER;
    } catch (CertificateParsingException e) {
      return Side.SERVER;
    }
  }

  private static @Nullable String signer(
      List<X509Certificate> chain, List<X509Certificate> authorities) {
    if (chain.isEmpty()) {
      return null;
    }
    for (var authority : authorities) {
      if (new Authority(authority).hasIssued(chain.getLast())) {
        return authority.getSubjectX500Principal().toString();
      }
    }
    return null;
  }

  private static @Nullable String callerId(Side side, List<X509Certificate> chain) {
    if (side == Side.SERVER || chain.isEmpty()) {
      return null;
    }
    try {
      return CertificateIdentity.of(chain.getFirst()).id();
    } catch (Failure.Unauthenticated e) {
      return null;
    }
  }

  private @Nullable SettingRefused problem(
      Files files, Side side, List<X509Certificate> chain, List<X509CRL> lists) {
    try {
      var _ = new TlsMaterialLoader(clock, times.crlGrace()).load(tlsFiles(files, side));
      if (side == Side.CLIENT && !chain.isEmpty()) {
        requireIdentity(chain.getFirst());
      }
      for (var list : lists) {
        requireUnrevoked(list, chain);
      }
      return null;
    } catch (SettingRefused e) {
      return e;
    }
  }

  private static TlsFiles tlsFiles(Files files, Side side) {
    var withoutLists =
        switch (side) {
          case SERVER -> TlsFiles.ofServer(files.ca(), files.certificate(), files.key());
          case CLIENT -> TlsFiles.ofClient(files.ca(), files.certificate(), files.key());
        };
    return withoutLists.withRevocationLists(files.crl());
  }

  private static void requireIdentity(X509Certificate certificate) {
    try {
      var _ = CertificateIdentity.of(certificate);
    } catch (Failure.Unauthenticated e) {
      throw new SettingRefused(
          Setting.TLS_CERT_FILE.variable(), "no service would know this client: " + e.getMessage());
    }
  }

  /// The loader does not look: it has the lists for the other side's certificate.
  private static void requireUnrevoked(X509CRL list, List<X509Certificate> chain) {
    for (var revoked : RevocationListFacts.of(list, chain).revoked()) {
      throw new SettingRefused(
          Setting.TLS_CERT_FILE.variable(),
          "'%s' is revoked by the list of '%s' in %s"
              .formatted(revoked, list.getIssuerX500Principal(), Setting.TLS_CRL_FILE.variable()));
    }
  }
}
