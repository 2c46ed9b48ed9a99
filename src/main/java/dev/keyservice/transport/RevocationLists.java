package dev.keyservice.transport;

import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The revocation lists in force (RFC 5280 §5): complete ones, each signed by an authority of the
/// bundle, and one at least for each of them. Or none at all, and then nothing counts as revoked.
///
/// Lists are found by the issuer's name. Where two authorities share one, as after a change of
/// keys, a certificate is revoked when either's list has its serial number.
public final class RevocationLists {
  static final RevocationLists NONE =
      new RevocationLists(List.of(), Duration.ZERO, Clock.systemUTC());

  private final List<X509CRL> lists;
  private final List<X509CRL> ended;
  private final Duration grace;
  private final Clock clock;

  /// @param grace how long a list goes on to count after its nextUpdate
  RevocationLists(List<X509CRL> lists, Duration grace, Clock clock) {
    this(lists, List.of(), grace, clock);
  }

  /// @param ended lists of authorities that are believed no more: what they revoked stays revoked,
  ///   and nobody waits for the next one
  /// @param grace how long a list goes on to count after its nextUpdate
  RevocationLists(List<X509CRL> lists, List<X509CRL> ended, Duration grace, Clock clock) {
    this.lists = List.copyOf(lists);
    this.ended = List.copyOf(ended);
    this.grace = grace;
    this.clock = clock;
  }

  /// The lists themselves.
  public List<X509CRL> lists() {
    return lists;
  }

  /// How long a list goes on to count after its nextUpdate.
  public Duration grace() {
    return grace;
  }

  /// Looks up the certificates of a path; empty when no lists are kept.
  Optional<RevocationChecker> checker() {
    return lists.isEmpty() ? Optional.empty() : Optional.of(new RevocationChecker(this, clock));
  }

  boolean revokes(X509Certificate certificate) {
    return Stream.concat(about(certificate, lists), about(certificate, ended))
        .anyMatch(list -> list.getRevokedCertificate(certificate) != null);
  }

  /// Those authorities that are neither revoked nor below another one of them that is.
  List<X509Certificate> unrevoked(List<X509Certificate> authorities) {
    var revoked = authorities.stream().filter(this::revokes).collect(Collectors.toSet());
    // One level each time, until there is no further one.
    var grows = true;
    while (grows) {
      grows = revoked.addAll(issuedByOneOf(revoked, authorities));
    }
    return authorities.stream().filter(authority -> !revoked.contains(authority)).toList();
  }

  private static List<X509Certificate> issuedByOneOf(
      Set<X509Certificate> issuers, List<X509Certificate> authorities) {
    return authorities.stream()
        .filter(it -> issuers.stream().anyMatch(issuer -> new Authority(issuer).hasIssued(it)))
        .toList();
  }

  /// Until when it can be said that a certificate is not revoked; empty when its issuer has no
  /// list.
  Optional<Instant> end(X509Certificate certificate) {
    return about(certificate, lists).map(this::end).min(Comparator.naturalOrder());
  }

  /// Whether what an authority signs can be looked up, or need not be because no lists are kept.
  boolean isCurrentFor(X509Certificate authority, Instant now) {
    var signer = new Authority(authority);
    return lists.stream().filter(signer::isNamedBy).noneMatch(list -> now.isAfter(end(list)));
  }

  /// For a log: the number and the next update of each.
  String describe() {
    return lists.isEmpty()
        ? "no revocation lists"
        : lists.stream()
            .map(list ->
                "revocation list number=%s nextUpdate=%s entries=%d"
                    .formatted(
                        ListContent.numberOrNone(list),
                        list.getNextUpdate().toInstant(),
                        list.getRevokedCertificates() == null
                            ? 0
                            : list.getRevokedCertificates().size()))
            .collect(Collectors.joining(", "));
  }

  /// When a list ceases to count: its nextUpdate and the grace.
  public Instant end(X509CRL list) {
    return list.getNextUpdate().toInstant().plus(grace);
  }

  private static Stream<X509CRL> about(X509Certificate certificate, List<X509CRL> lists) {
    return lists.stream()
        .filter(list -> list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal()));
  }
}
