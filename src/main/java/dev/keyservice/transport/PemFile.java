package dev.keyservice.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.jspecify.annotations.Nullable;

/// A file of PEM blocks that a setting names. Text between the blocks is allowed, as `openssl x509
/// -text` writes it.
///
/// Bouncy Castle takes the blocks apart because the JDK reads only PKCS#8; the keys and
/// certificates that come out are the JDK's, and no security provider is registered. It looks into
/// most parts of a block only when they are asked for, and throws then, unchecked, what it has
/// against them.
///
/// @param setting what to name in a refusal
/// @param path where the file is
public record PemFile(String setting, Path path) {
  private static final int MAX_MIB = 1;

  /// A CA that has revoked 100,000 certificates signs a list of some 5 MiB.
  private static final int MAX_MIB_OF_LISTS = 16;

  private static final Set<ASN1Encodable> CURVES =
      Set.of(
          SECObjectIdentifiers.secp256r1,
          SECObjectIdentifiers.secp384r1,
          SECObjectIdentifiers.secp521r1);
  private static final Pattern BOUNDARY = Pattern.compile("-----(BEGIN|END) [A-Z0-9 ]+-----\\s*");

  /// All certificates of the file, at least one, in their order.
  ///
  /// @throws MaterialRefused when there is none, or anything else than whole certificates
  public List<X509Certificate> certificates() {
    var certificates = new ArrayList<X509Certificate>();
    for (var block : blocks(MAX_MIB)) {
      if (!(block instanceof X509CertificateHolder holder)) {
        throw malformed("holds something else than certificates; give only `CERTIFICATE` blocks");
      }
      certificates.add(certificate(holder));
    }
    return List.copyOf(certificates);
  }

  /// All revocation lists of the file, at least one.
  ///
  /// @throws MaterialRefused when there is none, or anything else than whole revocation lists
  public List<X509CRL> revocationLists() {
    var lists = new ArrayList<X509CRL>();
    for (var block : blocks(MAX_MIB_OF_LISTS)) {
      if (!(block instanceof X509CRLHolder holder)) {
        throw malformed("holds something else than revocation lists; give only `X509 CRL` blocks");
      }
      lists.add(revocationList(holder));
    }
    return List.copyOf(lists);
  }

  /// The one private key of the file: PKCS#8, PKCS#1 or SEC1, RSA or EC.
  ///
  /// @throws MaterialRefused when there is not exactly one, or it is encrypted or of another kind
  PrivateKey privateKey() {
    var keys =
        blocks(MAX_MIB).stream().filter(block -> !isCurve(block)).map(this::keyInfo).toList();
    if (keys.size() != 1) {
      throw malformed("holds " + keys.size() + " private keys; one is needed");
    }
    return privateKey(keys.getFirst());
  }

  /// `openssl ecparam -genkey` writes the curve before the key, which says it again.
  private static boolean isCurve(Object block) {
    return block instanceof ASN1ObjectIdentifier || block instanceof X9ECParameters;
  }

  private PrivateKeyInfo keyInfo(Object block) {
    return switch (block) {
      case PrivateKeyInfo key -> key;
      case PEMKeyPair pair -> pair.getPrivateKeyInfo();
      case PKCS8EncryptedPrivateKeyInfo _, PEMEncryptedKeyPair _ ->
          throw refused(
              MaterialProblem.KEY_ENCRYPTED,
              "is encrypted; write it in the clear with `openssl pkey` and guard the file");
      default -> throw malformed("holds something else than a private key");
    };
  }

  private PrivateKey privateKey(PrivateKeyInfo key) {
    // What is thrown may quote key bytes.
    return parsed(() -> supported(key), () -> unsupportedKey("that cannot be read"))
        .orElseThrow(() -> unsupportedKey(kind(key)));
  }

  /// The same as the JDK has it; empty when it is of a kind that nobody uses here.
  private static Optional<PrivateKey> supported(PrivateKeyInfo key)
      throws GeneralSecurityException, IOException {
    var algorithm = key.getPrivateKeyAlgorithm();
    if (algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)) {
      return Optional.of(generated("RSA", key));
    }
    // The JDK would read keys on some other curves and then not sign with them.
    return isEc(algorithm) && isKnownCurve(algorithm.getParameters())
        ? Optional.of(generated("EC", key))
        : Optional.empty();
  }

  private static PrivateKey generated(String algorithm, PrivateKeyInfo key)
      throws GeneralSecurityException, IOException {
    return KeyFactory.getInstance(algorithm)
        .generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
  }

  private static String kind(PrivateKeyInfo key) {
    var algorithm = key.getPrivateKeyAlgorithm();
    return isEc(algorithm) ? "on another curve" : "of algorithm " + algorithm.getAlgorithm();
  }

  private static boolean isEc(AlgorithmIdentifier algorithm) {
    return algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey);
  }

  private static boolean isKnownCurve(@Nullable ASN1Encodable parameters) {
    return parameters != null && CURVES.contains(parameters);
  }

  private MaterialRefused unsupportedKey(String which) {
    return refused(
        MaterialProblem.KEY_UNSUPPORTED,
        "holds a private key %s; RSA, or EC on the named curve P-256, P-384 or P-521, is needed"
            .formatted(which));
  }

  private X509Certificate certificate(X509CertificateHolder holder) {
    return parsed(
        () ->
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(holder.getEncoded())),
        () -> malformed("holds a certificate that cannot be read"));
  }

  private X509CRL revocationList(X509CRLHolder holder) {
    return parsed(
        () ->
            (X509CRL)
                CertificateFactory.getInstance("X.509")
                    .generateCRL(new ByteArrayInputStream(holder.getEncoded())),
        () -> malformed("holds a revocation list that cannot be read"));
  }

  private List<Object> blocks(int maxMib) {
    var text = text(maxMib);
    refuseCutBoundary(text);
    var blocks =
        parsed(
            () -> blocks(text),
            () -> malformed("holds a PEM block that cannot be read; is the file whole?"));
    if (blocks.isEmpty()) {
      throw malformed("holds no PEM block; DER has to be converted, as `openssl` does");
    }
    return blocks;
  }

  private static List<Object> blocks(String text) throws IOException {
    var blocks = new ArrayList<>();
    try (var parser = new PEMParser(new StringReader(text))) {
      for (var block = parser.readObject(); block != null; block = parser.readObject()) {
        blocks.add(block);
      }
    }
    return blocks;
  }

  /// Whatever the parsers throw at bytes that anybody may have written is the fault of the file,
  /// and so is a nest that is too deep for them.
  private static <T> T parsed(Callable<T> parsing, Supplier<MaterialRefused> refusal) {
    try {
      return parsing.call();
    } catch (Exception | StackOverflowError e) {
      throw refusal.get();
    }
  }

  /// The parser takes for text between blocks what is not quite a boundary line: half of one, where
  /// a file was cut, or one that is indented or follows a byte order mark. A block less would pass
  /// for a shorter whole file.
  private void refuseCutBoundary(String text) {
    if (text.lines().anyMatch(line -> isLikeBoundary(line) && !BOUNDARY.matcher(line).matches())) {
      throw malformed("holds an incomplete or indented BEGIN or END line; is the file whole?");
    }
  }

  private static boolean isLikeBoundary(String line) {
    return line.startsWith("-") || line.contains("-----");
  }

  private String text(int maxMib) {
    var max = maxMib << 20;
    // Neither a pipe nor a device, which need not end.
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw unreadable(Files.isDirectory(path) ? "is a directory" : "is no plain file");
    }
    try (var content = Files.newInputStream(path)) {
      // The size of a file that is being written may change before it is read.
      var bytes = content.readNBytes(max + 1);
      if (bytes.length > max) {
        throw unreadable("is larger than " + maxMib + " MiB");
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw unreadable("does not exist");
    } catch (AccessDeniedException e) {
      throw unreadable("may not be read by this user");
    } catch (IOException e) {
      throw unreadable("cannot be read: " + e.getMessage());
    }
  }

  private MaterialRefused unreadable(String problem) {
    return refused(MaterialProblem.UNREADABLE, problem);
  }

  private MaterialRefused malformed(String problem) {
    return refused(MaterialProblem.MALFORMED, problem);
  }

  private MaterialRefused refused(MaterialProblem problem, String message) {
    return new MaterialRefused(problem, setting, path + " " + message);
  }
}
