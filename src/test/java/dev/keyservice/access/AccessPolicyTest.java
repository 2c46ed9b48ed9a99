package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.access.Decision.Denial;
import dev.keyservice.call.Rate;
import dev.keyservice.identity.Caller;
import dev.keyservice.identity.Vouching;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.testing.Callers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AccessPolicyTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final String IDP = "https://idp.example";
  private static final CryptoKeyName CARDS = new CryptoKeyName("payments", "cards");

  private static final String POLICY =
      """
      bindings:
        - name: by-certificate
          callers: ["cn:app", "spiffe://prod.example/api"]
          roles: [encrypter]
          keys: ["payments/*"]
          limits: [100/s, 1000/h]
        - name: by-subject
          callers: [{issuer: "https://idp.example", subject: alice}]
          roles: [viewer]
          keys: ["payments/cards"]
          limits: [100/s]
        - name: by-group
          callers: [{issuer: "https://idp.example", group: operators}]
          roles: [key-admin]
          keys: ["*/*"]
          limits: [5/s burst 50]
          require: [certificate]
      """;

  @TempDir Path dir;

  private AccessPolicy policy() throws IOException {
    return AccessPolicyFile.load(Files.writeString(dir.resolve("policy.yaml"), POLICY));
  }

  @Test
  void aSubjectIsThatOfItsIssuerAlone() throws IOException {
    var policy = policy();

    assertTrue(policy.allows(Callers.token(IDP, "alice"), Permission.KEYS_VIEW, CARDS));
    assertFalse(policy.allows(Callers.token(IDP, "bob"), Permission.KEYS_VIEW, CARDS));
    assertFalse(
        policy.allows(Callers.token("https://other", "alice"), Permission.KEYS_VIEW, CARDS));
    assertFalse(policy.allows(Callers.token(IDP, "Alice"), Permission.KEYS_VIEW, CARDS));
  }

  @Test
  void aGroupIsThatOfItsIssuerAlone() throws IOException {
    var policy = policy();
    var member = Callers.beside("cn:any", Callers.token(IDP, "bob", "staff", "operators"));
    var elsewhere = Callers.beside("cn:any", Callers.token("https://other", "bob", "operators"));

    assertTrue(policy.allows(member, Permission.KEYS_CREATE, CARDS));
    assertFalse(policy.allows(elsewhere, Permission.KEYS_CREATE, CARDS));
    var namesake = Callers.beside("cn:any", Callers.token(IDP, "operators"));
    assertFalse(policy.allows(namesake, Permission.KEYS_CREATE, CARDS));
  }

  @Test
  void whoHasATokenIsNotKnownByItsCertificate() throws IOException {
    var policy = policy();

    for (var id : List.of("cn:app", "spiffe://prod.example/api")) {
      var caller = Callers.beside(id, Callers.token(IDP, "bob"));
      assertTrue(policy.allows(Callers.of(id), Permission.CRYPTO_ENCRYPT, CARDS));
      assertFalse(policy.allows(caller, Permission.CRYPTO_ENCRYPT, CARDS));
      assertEquals(List.of(), policy.rates(caller));
    }
  }

  @Test
  void aSubjectThatReadsLikeACertificateIsNone() throws IOException {
    var policy = policy();

    for (var subject : List.of("cn:app", "spiffe://prod.example/api", "insecure:local")) {
      var caller = Callers.token(IDP, subject, subject);
      assertFalse(policy.allowsSomewhere(caller, Permission.CRYPTO_ENCRYPT), subject);
      assertEquals(new Decision.Denied(Denial.NO_BINDING), explain(policy, caller));
    }
  }

  private static Decision explain(AccessPolicy policy, Caller caller) {
    return policy.explain(caller, Permission.CRYPTO_ENCRYPT, Optional.of(CARDS));
  }

  @Test
  void aTokenAloneIsNotEnoughWhereACertificateIsRequired() throws IOException {
    var policy = policy();
    var alone = Callers.token(IDP, "bob", "operators");

    assertFalse(policy.allows(alone, Permission.KEYS_CREATE, CARDS));
    assertFalse(policy.allowsSomewhere(alone, Permission.KEYS_CREATE));
    assertEquals(
        new Decision.Denied(Denial.CERTIFICATE_REQUIRED),
        policy.explain(alone, Permission.KEYS_CREATE, Optional.of(CARDS)));
    var both = Callers.beside("cn:any", alone);
    assertEquals(
        new Decision.Granted("by-group", "*/*"),
        policy.explain(both, Permission.KEYS_CREATE, Optional.of(CARDS)));
  }

  @Test
  void whatOneBindingGrantsFreelyNeedsNoCertificateOfAnother() {
    var keys = List.of(pattern("r/k"));
    var caller = List.<CallerName>of(new CallerName.Subject(IDP, "alice"));
    var views = Set.of(Permission.KEYS_VIEW);
    var policy =
        new AccessPolicy(
            List.of(
                new Binding("strict", caller, views, keys, List.of(), true),
                new Binding("free", caller, views, keys, List.of(), false)),
            Vouching.unrestricted());

    var decision =
        policy.explain(Callers.token(IDP, "alice"), Permission.KEYS_VIEW, Optional.empty());

    assertEquals(new Decision.Granted("free", "r/k"), decision);
  }

  @Test
  void saysByWhichBindingOrWhyNot() throws IOException {
    var policy = policy();
    var app = Callers.of("cn:app");
    var elsewhere = Optional.of(new CryptoKeyName("hr", "salaries"));

    assertEquals(new Decision.Granted("by-certificate", "payments/*"), explain(policy, app));
    assertEquals(
        new Decision.Granted("by-certificate", "payments/*"),
        policy.explain(app, Permission.CRYPTO_ENCRYPT, Optional.empty()));
    assertEquals(
        new Decision.Denied(Denial.NOT_ON_THIS_KEY),
        policy.explain(app, Permission.CRYPTO_ENCRYPT, elsewhere));
    assertEquals(
        new Decision.Denied(Denial.PERMISSION_NOT_GRANTED),
        policy.explain(app, Permission.KEYS_VIEW, Optional.empty()));
    assertEquals(new Decision.Denied(Denial.NO_BINDING), explain(policy, Callers.of("cn:nobody")));
  }

  @Test
  void aCallerHasTheLimitsOfEveryBindingThatNamesIt() throws IOException {
    var policy = policy();

    assertEquals(rates("100/s", "1000/h"), policy.rates(Callers.of("cn:app")));
    assertEquals(
        rates("100/s", "5/s burst 50"), policy.rates(Callers.token(IDP, "alice", "operators")));
    assertEquals(List.of(), policy.rates(Callers.of("cn:nobody")));
    assertEquals(List.of(), policy.rates(Callers.token(IDP, "bob")));
  }

  @Test
  void knowsWhichCallersItNamesThemselves() throws IOException {
    var policy =
        AccessPolicyFile.load(
            Files.writeString(
                dir.resolve("policy.yaml"),
                """
                bindings:
                  - name: named
                    callers:
                      - cn:app
                      - {issuer: "https://idp.example", subject: alice}
                      - {issuer: "https://idp.example", group: admins}
                    roles: [viewer]
                    keys: ["*/*"]
                """));

    assertTrue(policy.names("cn:app"));
    assertTrue(policy.names("token:https://idp.example#alice"));
    assertFalse(policy.names("token:https://idp.example#admins"));
    assertFalse(policy.names("group:https://idp.example#admins"));
    assertFalse(policy.names("cn:other"));
  }

  private static List<Rate> rates(String... texts) {
    return Arrays.stream(texts).map(text -> Rate.parse(text).orElseThrow()).toList();
  }

  /// Each pair of a role that manages and a permission that uses, and the other way round.
  @Test
  void noBuiltInRoleBothManagesAndUsesKeys() {
    var manages = EnumSet.of(Permission.KEYS_CREATE, Permission.REFLECTION_USE);
    var uses = EnumSet.of(Permission.CRYPTO_ENCRYPT, Permission.CRYPTO_DECRYPT);

    for (var role : BuiltInRole.values()) {
      var both =
          role.permissions().stream().anyMatch(manages::contains)
              && role.permissions().stream().anyMatch(uses::contains);
      assertFalse(both, role.roleName());
    }
    assertEquals(Set.of(Permission.CRYPTO_ENCRYPT), BuiltInRole.ENCRYPTER.permissions());
    assertEquals(Set.of(Permission.CRYPTO_DECRYPT), BuiltInRole.DECRYPTER.permissions());
    assertTrue(BuiltInRole.KEY_ADMIN.permissions().stream().noneMatch(uses::contains));
  }

  /// How the bindings of one caller may differ.
  enum Shape {
    OTHER_CALLERS(i -> new Named("cn:caller-" + i, "payments/cards")),
    OTHER_KEYS(i -> new Named("cn:app", "payments/key-" + i)),
    OTHER_RINGS(i -> new Named("cn:app", "ring-" + i + "/cards")),
    OTHER_RINGS_BY_PATTERN(i -> new Named("cn:app", "ring-" + i + "/*")),
    THE_SAME_AGAIN(i -> new Named("cn:app", "*/*"));

    private record Named(String caller, String keys) {}

    @SuppressWarnings("ImmutableEnumChecker") // a function without state
    private final IntFunction<Named> binding;

    Shape(IntFunction<Named> binding) {
      this.binding = binding;
    }

    /// Of `cn:app`, or of a group, one binding on its own and so many others.
    AccessPolicy policy(int others, CallerName who) {
      var bindings = new ArrayList<Binding>();
      for (var i = 0; i < others; i++) {
        var named = binding.apply(i);
        var caller = new CallerName.Named(named.caller());
        bindings.add(binding("many", named.caller().equals("cn:app") ? who : caller, named.keys()));
      }
      bindings.add(binding("own", who, "payments/c*"));
      return new AccessPolicy(bindings, Vouching.unrestricted());
    }

    private static Binding binding(String name, CallerName who, String keys) {
      return new Binding(
          name,
          List.of(who),
          Set.of(Permission.CRYPTO_ENCRYPT),
          List.of(pattern(keys)),
          List.of(),
          false);
    }
  }

  private static KeyPattern pattern(String text) {
    return KeyPattern.parse(text).orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void aDecisionLooksAtNoMoreOfTenThousandBindingsThanOfTen(Shape shape) {
    for (var who : List.of(new CallerName.Named("cn:app"), new CallerName.Group(IDP, "apps"))) {
      var few = looks(shape.policy(10, who), who);
      var many = looks(shape.policy(10_000, who), who);

      assertEquals(few, many, who.toString());
      assertTrue(many <= 4, () -> who + ": " + many);
    }
  }

  /// How many grants are looked at by a search that finds nothing, which sees them all.
  private static int looks(AccessPolicy policy, CallerName who) {
    var looks = new AtomicInteger();
    var caller = new CallerNames(List.of(new CallerName.Subject(IDP, "a"), who), false);
    for (var name : List.of(Optional.of(CARDS), Optional.<CryptoKeyName>empty())) {
      var found =
          policy.find(
              caller,
              Permission.CRYPTO_ENCRYPT,
              name,
              _ -> {
                looks.incrementAndGet();
                return false;
              });
      assertTrue(found.isEmpty());
    }
    return looks.get();
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void aDecisionTakesAsLongWithTenThousandBindingsAsWithTen(Shape shape) {
    var few = shape.policy(10, new CallerName.Named("cn:app"));
    var many = shape.policy(10_000, new CallerName.Named("cn:app"));
    if (PROOF) {
      var ofFew = Double.MAX_VALUE;
      var ofMany = Double.MAX_VALUE;
      for (var i = 0; i < 10; i++) {
        ofFew = Math.min(ofFew, nanos(few));
        ofMany = Math.min(ofMany, nanos(many));
      }
      System.out.printf(
          "proof: a decision among 10 bindings (%s) takes %.0f ns, among 10,000 %.0f ns%n",
          shape, ofFew, ofMany);
    }
    var app = Callers.of("cn:app");
    assertTrue(few.allows(app, Permission.CRYPTO_ENCRYPT, CARDS));
    assertTrue(many.allows(app, Permission.CRYPTO_ENCRYPT, CARDS));
  }

  private static double nanos(AccessPolicy policy) {
    var rounds = 1_000_000;
    var app = Callers.of("cn:app");
    var allowed = 0;
    var begin = System.nanoTime();
    for (var i = 0; i < rounds; i++) {
      if (policy.allows(app, Permission.CRYPTO_ENCRYPT, CARDS)) {
        allowed++;
      }
    }
    var nanos = System.nanoTime() - begin;
    assertEquals(rounds, allowed);
    return (double) nanos / rounds;
  }
}
