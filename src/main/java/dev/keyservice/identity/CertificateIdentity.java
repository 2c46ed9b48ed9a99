package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1BMPString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1PrintableString;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;

/// Reads a caller's identity from a certificate whose chain TLS has verified.
///
/// A certificate must name its holder in exactly one way. Two names, or one that reads like
/// another, are refused instead of guessed at: whoever may choose the second name would choose the
/// identity.
public final class CertificateIdentity {
  private static final int URI_NAME = 6; // GeneralName uniformResourceIdentifier, RFC 5280 §4.2.1.6
  private static final int LONGEST_COMMON_NAME = 255;

  /// SPIFFE ID of a workload (SPIFFE-ID §2): a lower-case trust domain and at least one path
  /// segment.
  private static final Pattern SPIFFE_ID =
      Pattern.compile("spiffe://[a-z0-9._-]{1,255}(/(?!\\.{1,2}(/|$))[a-zA-Z0-9._-]+)+");

  private static final int LONGEST_SPIFFE_ID = 2048;

  /// RFC 3986 §3.1.
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*:");

  private CertificateIdentity() {}

  /// The caller that this certificate names.
  ///
  /// @throws Failure.Unauthenticated when it names none, or more than one
  public static CertificateCaller of(X509Certificate certificate) {
    if (certificate.getBasicConstraints() >= 0) {
      throw refused("the certificate is that of an authority");
    }
    var commonName = commonName(certificate);
    var uris = uris(certificate);
    if (uris.size() > 1) {
      throw refused("the certificate has more than one URI name");
    }
    if (!uris.isEmpty() && !isOfAnotherScheme(uris.getFirst())) {
      return caller(spiffeId(uris.getFirst()), commonName, certificate);
    }
    if (commonName.isEmpty()) {
      throw refused("the certificate has neither a SPIFFE ID nor a common name");
    }
    return caller("cn:" + commonName, commonName, certificate);
  }

  private static CertificateCaller caller(String id, String commonName, X509Certificate of) {
    return new CertificateCaller(id, commonName, of.getNotAfter().toInstant(), thumbprint(of));
  }

  private static String thumbprint(X509Certificate certificate) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return Base64.getUrlEncoder().withoutPadding().encodeToString(sha256);
    } catch (CertificateEncodingException e) {
      throw refused("the certificate is malformed");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// What is no URI at all is not passed over: it may have been meant as a SPIFFE ID.
  private static boolean isOfAnotherScheme(String uri) {
    return SCHEME.matcher(uri).lookingAt() && !uri.regionMatches(true, 0, "spiffe:", 0, 7);
  }

  private static String spiffeId(String uri) {
    if (uri.length() > LONGEST_SPIFFE_ID || !SPIFFE_ID.matcher(uri).matches()) {
      throw refused("the certificate's SPIFFE ID is malformed");
    }
    return uri;
  }

  private static String commonName(X509Certificate certificate) {
    try {
      var names = commonNames(certificate);
      if (names.size() > 1) {
        throw refused("the certificate has more than one common name");
      }
      return names.isEmpty() ? "" : readable(names.getFirst());
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw refused("the certificate's subject is malformed");
    }
  }

  private static List<String> commonNames(X509Certificate certificate) {
    var subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    return Arrays.stream(subject.getRDNs())
        .flatMap(rdn -> Arrays.stream(rdn.getTypesAndValues()))
        .filter(attribute -> attribute.getType().equals(BCStyle.CN))
        .map(attribute -> text(attribute.getValue()))
        .toList();
  }

  /// Of the kinds of text whose characters are certain. Others are read in one way here and in
  /// another there.
  private static String text(ASN1Encodable value) {
    return switch (value) {
      case ASN1UTF8String text -> text.getString();
      case ASN1PrintableString text -> text.getString();
      case ASN1BMPString text -> text.getString();
      case ASN1IA5String text -> text.getString();
      default -> throw refused("the certificate's common name is no text of a known kind");
    };
  }

  /// Control and format characters, and spaces that are not seen, could make one name look like
  /// another in a log or a policy.
  private static String readable(String name) {
    if (name.length() > LONGEST_COMMON_NAME) {
      throw refused("the certificate's common name is too long");
    }
    var unreadable =
        name.codePoints()
            .anyMatch(c ->
                switch (Character.getType(c)) {
                  case Character.CONTROL,
                      Character.FORMAT,
                      Character.SURROGATE,
                      Character.UNASSIGNED,
                      Character.PRIVATE_USE,
                      Character.LINE_SEPARATOR,
                      Character.PARAGRAPH_SEPARATOR ->
                      true;
                  case Character.SPACE_SEPARATOR -> c != ' ';
                  default -> false;
                });
    if (unreadable || !name.equals(name.strip())) {
      throw refused("the certificate's common name has unreadable characters");
    }
    return name;
  }

  private static List<String> uris(X509Certificate certificate) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      if (names == null) {
        return List.of();
      }
      return names.stream()
          .filter(name -> name.get(0) instanceof Integer type && type == URI_NAME)
          .map(name -> String.valueOf(name.get(1)))
          .toList();
    } catch (CertificateParsingException e) {
      throw refused("the certificate's alternative names are malformed");
    }
  }

  private static Failure.Unauthenticated refused(String why) {
    return new Failure.Unauthenticated(Reason.CERTIFICATE_REFUSED, why);
  }
}
