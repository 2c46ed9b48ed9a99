package dev.keyservice.maintenance;

import dev.keyservice.failure.SettingRefused;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the TLS files of one side mean.
///
/// @param side whose files they are
/// @param chain one's own certificate, then its intermediates; empty when there is none
/// @param signer the CA of the CA file that signed this chain, if one did
/// @param callerId as whom a service knows this client, if it does
/// @param authorities all CAs of the CA file; empty means those of the system
/// @param lists all revocation lists
/// @param clientAuth of a server's files, whether its clients must have a certificate: `required`
///   or `optional`
/// @param problem why these files are refused, if they are
public record TlsReport(
    TlsCheck.Side side,
    List<CertificateFacts> chain,
    @Nullable String signer,
    @Nullable String callerId,
    List<CertificateFacts> authorities,
    List<RevocationListFacts> lists,
    @Nullable String clientAuth,
    @Nullable SettingRefused problem) {
  public TlsReport {
    chain = List.copyOf(chain);
    authorities = List.copyOf(authorities);
    lists = List.copyOf(lists);
  }

  /// The CA of the CA file that signed this chain. There need not be one: that file vouches for the
  /// other side.
  public Optional<String> signedBy() {
    return Optional.ofNullable(signer);
  }

  /// As whom a service knows this client; empty for a server, without a certificate, and when no
  /// service would.
  public Optional<String> identity() {
    return Optional.ofNullable(callerId);
  }

  /// Of a server's files, whether its clients must have a certificate: `required` or `optional`;
  /// empty for a client's.
  public Optional<String> clients() {
    return Optional.ofNullable(clientAuth);
  }

  /// Why these files are refused; empty when they are not.
  public Optional<SettingRefused> refusal() {
    return Optional.ofNullable(problem);
  }
}
