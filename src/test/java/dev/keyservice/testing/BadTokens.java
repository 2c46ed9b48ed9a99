package dev.keyservice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.keys.HmacKey;

/// Tokens that must be refused, each for one fault in a token that is good otherwise. Most are
/// signed with the issuer's own key.
public final class BadTokens {
  private BadTokens() {}

  /// The tokens by what is wrong with them, in the name of this subject.
  public static Map<String, String> of(TestIssuer issuer, String subject) {
    var all = new LinkedHashMap<String, String>();
    all.put("alg none", unsigned(issuer, subject, "none"));
    all.put("alg None", unsigned(issuer, subject, "None"));
    all.put("no alg", unsigned(issuer, subject, null));
    all.put("key confusion", confused(issuer, subject));
    all.put("embedded jwk", embedded(issuer, subject));
    bad(
        all,
        issuer,
        subject,
        "jwk of the issuer",
        token -> token.header("jwk", publicPart(issuer)));
    bad(all, issuer, subject, "jku", token -> token.header("jku", "https://evil.example/jwks"));
    bad(all, issuer, subject, "x5u", token -> token.header("x5u", "https://evil.example/x5u"));
    bad(all, issuer, subject, "x5c", token -> token.header("x5c", List.of("MIIB")));
    bad(all, issuer, subject, "crit", token -> critical(token));
    bad(
        all,
        issuer,
        subject,
        "unknown issuer",
        token -> token.claim("iss", "https://evil.example"));
    bad(all, issuer, subject, "no issuer", token -> token.claim("iss", null));
    bad(all, issuer, subject, "other audience", token -> token.claim("aud", "billing"));
    bad(all, issuer, subject, "no audience", token -> token.claim("aud", null));
    bad(all, issuer, subject, "other type", token -> token.header("typ", "id+jwt"));
    bad(all, issuer, subject, "no type", token -> token.header("typ", null));
    bad(all, issuer, subject, "no exp", token -> token.claim("exp", null));
    bad(
        all,
        issuer,
        subject,
        "exp in 100 years",
        token -> token.expires(in(Duration.ofDays(36_500))));
    bad(all, issuer, subject, "exp beyond time", token -> token.claim("exp", Long.MAX_VALUE));
    bad(all, issuer, subject, "exp as text", token -> token.claim("exp", "tomorrow"));
    bad(all, issuer, subject, "no iat", token -> token.claim("iat", null));
    bad(
        all,
        issuer,
        subject,
        "iat in the future",
        token -> token.issued(in(Duration.ofMinutes(2))));
    bad(all, issuer, subject, "too old", token -> token.issued(in(Duration.ofDays(-2))));
    bad(all, issuer, subject, "expired", token -> expired(token));
    bad(
        all,
        issuer,
        subject,
        "not yet valid",
        token -> token.claim("nbf", in(Duration.ofMinutes(2)).getEpochSecond()));
    bad(all, issuer, subject, "no subject", token -> token.claim("sub", null));
    bad(all, issuer, subject, "unreadable subject", token -> token.claim("sub", "a\nb"));
    bad(all, issuer, subject, "endless subject", token -> token.claim("sub", "a".repeat(256)));
    bad(all, issuer, subject, "groups of numbers", token -> token.claim("groups", List.of(1, 2)));
    bad(
        all,
        issuer,
        subject,
        "cnf of another certificate",
        token -> token.claim("cnf", Map.of("x5t#S256", "A".repeat(43))));
    bad(
        all,
        issuer,
        subject,
        "cnf of a key",
        token -> token.claim("cnf", Map.of("jkt", "A".repeat(43))));
    bad(all, issuer, subject, "cnf as text", token -> token.claim("cnf", "x5t#S256"));
    bad(all, issuer, subject, "unknown kid", token -> token.header("kid", "nobody"));
    all.put("bad signature", damaged(issuer.token(subject)));
    all.put("signature of another key", foreign(issuer, subject));
    all.put("no signature", unsigned(issuer, subject, "ES256"));
    all.put("changed subject", changed(issuer.token("somebody"), subject));
    all.put("two parts", issuer.token(subject).replaceFirst("\\.[^.]*$", ""));
    all.put("five parts", issuer.token(subject) + ".AA.AA");
    all.put("no JSON", encode("no JSON") + "." + encode("no JSON") + ".AA");
    all.put("a member twice", twice(issuer.token(subject)));
    for (var header : List.of("alg", "kid", "typ", "cty", "x5t", "x5t#S256")) {
      all.put(header + " as a number", with(header, "5", issuer.token(subject)));
      all.put(header + " as a list", with(header, "[\"ES256\"]", issuer.token(subject)));
    }
    bad(
        all,
        issuer,
        subject,
        "unreadable group",
        token -> token.claim("groups", List.of("people", "a\u001b[2J")));
    all.put("deep nesting", encode("{\"alg\":" + "[".repeat(2000)) + "." + encode("{}") + ".AA");
    return all;
  }

  private static void bad(
      Map<String, String> all,
      TestIssuer issuer,
      String subject,
      String what,
      Consumer<TestIssuer.Draft> change) {
    all.put(what, issuer.token(subject, change));
  }

  private static Instant in(Duration time) {
    return Instant.now().plus(time);
  }

  private static void expired(TestIssuer.Draft token) {
    token.issued(in(Duration.ofMinutes(-20)));
    token.expires(in(Duration.ofSeconds(-10)));
  }

  private static void critical(TestIssuer.Draft token) {
    token.header("crit", List.of("exp"));
    token.header("exp", 1);
  }

  private static Map<String, Object> publicPart(TestIssuer issuer) {
    return issuer.key().toParams(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
  }

  /// Signed with a key of the attacker, who sends it along.
  private static String embedded(TestIssuer issuer, String subject) {
    var own = TestIssuer.ec("es-1");
    return issuer.token(
        subject,
        token -> {
          token.signedBy(own, "ES256");
          token.header("jwk", own.toParams(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
        });
  }

  private static String foreign(TestIssuer issuer, String subject) {
    return issuer.token(
        subject, token -> token.signedBy(TestIssuer.ec(issuer.key().getKeyId()), "ES256"));
  }

  /// The public key, which everybody knows, used as a shared secret.
  private static String confused(TestIssuer issuer, String subject) {
    return issuer.token(
        subject,
        token -> {
          var signature = token.signature();
          signature.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
          signature.setKey(new HmacKey(issuer.key().getPublicKey().getEncoded()));
          signature.setAlgorithmHeaderValue("HS256");
        });
  }

  private static String unsigned(TestIssuer issuer, String subject, String algorithm) {
    var payload = issuer.token(subject).split("\\.", -1)[1];
    var header =
        "{\"typ\":\"at+jwt\",\"kid\":\""
            + issuer.key().getKeyId()
            + "\""
            + (algorithm == null ? "" : ",\"alg\":\"" + algorithm + "\"")
            + "}";
    return encode(header) + "." + payload + ".";
  }

  private static String damaged(String token) {
    var last = token.charAt(token.length() - 10);
    return token.substring(0, token.length() - 10)
        + (last == 'A' ? 'B' : 'A')
        + token.substring(token.length() - 9);
  }

  private static String changed(String token, String subject) {
    var parts = token.split("\\.", -1);
    var claims = new String(Base64.getUrlDecoder().decode(parts[1]), UTF_8);
    return parts[0]
        + "."
        + encode(claims.replace("\"somebody\"", "\"" + subject + "\""))
        + "."
        + parts[2];
  }

  /// With another value of a header, which jose4j would not sign.
  private static String with(String header, String value, String token) {
    var parts = token.split("\\.", -1);
    var headers = new String(Base64.getUrlDecoder().decode(parts[0]), UTF_8);
    var member = "\"" + header + "\":" + value;
    var others = headers.replaceFirst("\"" + header + "\":\"[^\"]*\",?", "");
    return encode(others.replaceFirst("\\{", "{" + member + ",").replace(",}", "}"))
        + "."
        + parts[1]
        + "."
        + parts[2];
  }

  private static String twice(String token) {
    var parts = token.split("\\.", -1);
    var claims = new String(Base64.getUrlDecoder().decode(parts[1]), UTF_8);
    return parts[0]
        + "."
        + encode(claims.replaceFirst("\\{", "{\"sub\":\"somebody\","))
        + "."
        + parts[2];
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }
}
