package dev.keyservice;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.CanBeAnnotated.Predicates.annotatedWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.domain.JavaParameterizedType;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.keyservice.transport.CallLifetime;
import io.quarkus.grpc.GrpcService;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The rooms of the house, and who may look into whom. Everything not allowed here is forbidden.
class ArchitectureTest {
  private static final String ROOT = "dev.keyservice";

  /// The messages and stubs that are generated from the proto.
  private static final String PROTO = "v1";

  private static final Map<String, List<String>> MAY_IMPORT =
      Map.ofEntries(
          Map.entry("failure", List.of()),
          Map.entry("call", List.of()),
          Map.entry("watch", List.of()),
          Map.entry("config", List.of("failure")),
          Map.entry("crypto", List.of("failure")),
          Map.entry("root", List.of("crypto", "failure", "config")),
          Map.entry("key", List.of("crypto", "root", "failure", "config")),
          Map.entry("store", List.of("key", "root", "crypto", "failure", "config")),
          Map.entry("transport", List.of("watch", "call", "failure")),
          Map.entry("token", List.of("transport", "watch", "failure", "config")),
          Map.entry(
              "identity", List.of("transport", "token", "watch", "call", "failure", "config")),
          Map.entry(
              "access", List.of("identity", "key", "watch", "call", "failure", "config", PROTO)),
          Map.entry("audit", List.of("transport", "identity", "key", "call", "failure", "config")),
          Map.entry("limit", List.of("identity", "call", "failure", "config")),
          Map.entry(
              "observe",
              List.of(
                  "transport",
                  "identity",
                  "token",
                  "access",
                  "limit",
                  "audit",
                  "store",
                  "key",
                  "call",
                  "failure",
                  "config")),
          Map.entry(
              "rpc",
              List.of(
                  "failure",
                  "call",
                  "config",
                  "crypto",
                  "root",
                  "key",
                  "store",
                  "transport",
                  "identity",
                  "access",
                  "limit",
                  "audit",
                  "token",
                  "observe",
                  PROTO)),
          Map.entry("client", List.of("transport", "failure", PROTO)),
          Map.entry("bench", List.of("client", "rpc", "transport", "config", "failure", PROTO)),
          Map.entry(
              "maintenance",
              List.of(
                  "rpc",
                  "token",
                  "root",
                  "store",
                  "audit",
                  "access",
                  "transport",
                  "identity",
                  "config",
                  "failure")),
          Map.entry("cli", List.of("client", "bench", "maintenance", "config", "failure", PROTO)));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  static Stream<String> rooms() {
    return MAY_IMPORT.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void looksOnlyIntoTheRoomsThatItMay(String room) {
    var allowed =
        Stream.concat(Stream.of(room), MAY_IMPORT.getOrDefault(room, List.of()).stream())
            .map(ArchitectureTest::packageOf)
            .toArray(String[]::new);

    classes()
        .that(written().and(resideInAPackage(packageOf(room))))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(allowed).or(DescribedPredicate.not(resideInAPackage(ROOT + ".."))))
        .check(CLASSES);
  }

  @Test
  void everyRoomIsListed() {
    var found =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith(ROOT + "."))
            .map(name -> name.substring(ROOT.length() + 1))
            .filter(name -> !name.equals(PROTO))
            .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(new TreeSet<>(MAY_IMPORT.keySet()), found);
  }

  @Test
  void everyRoomIsNullMarked() {
    var unmarked =
        CLASSES.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(room -> !room.getName().equals(packageOf(PROTO)))
            .filter(room -> !room.isAnnotatedWith(NullMarked.class))
            .map(JavaPackage::getName)
            .toList();

    assertEquals(List.of(), unmarked);
  }

  @Test
  void everyServiceEndsItsWorkWithItsCall() {
    classes()
        .that(written().and(annotatedWith(GrpcService.class)))
        .should()
        .beAnnotatedWith(CallLifetime.class)
        .check(CLASSES);
  }

  @Test
  void cryptographyKnowsNoFramework() {
    classes()
        .that(written().and(resideInAPackage(packageOf("crypto"))))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage("java..", "javax.crypto..", "org.jspecify..")
                .or(resideInAPackage(ROOT + "..")))
        .check(CLASSES);
  }

  /// Of a record the compiler makes an equals that a native executable interprets, which takes
  /// longer than all else that a call looks up.
  @Test
  void recordsByWhichSomethingIsLookedUpWriteTheirEqualsOut() {
    var leftToTheCompiler =
        CLASSES.stream()
            .flatMap(type -> type.getFields().stream())
            .flatMap(field -> keysOf(field.getType()))
            .filter(key -> key.getPackageName().startsWith(ROOT))
            .flatMap(key -> Stream.concat(Stream.of(key), key.getAllSubclasses().stream()))
            .filter(JavaClass::isRecord)
            .filter(key ->
                key.getMethod("equals", Object.class).getModifiers().contains(JavaModifier.FINAL))
            .map(JavaClass::getName)
            .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(Set.of(), leftToTheCompiler);
  }

  /// The type of the keys of a map or a cache, or of what a set holds.
  private static Stream<JavaClass> keysOf(JavaType type) {
    var looksUp =
        List.of("Map", "Set", "Cache", "AsyncCache", "ConcurrentMap", "ConcurrentHashMap");
    return type instanceof JavaParameterizedType of
            && looksUp.contains(of.toErasure().getSimpleName())
        ? Stream.of(of.getActualTypeArguments().getFirst().toErasure())
        : Stream.empty();
  }

  @Test
  void nobodyWaitsForAUni() {
    noClasses()
        .that(written())
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "await",
                call ->
                    call.getTargetOwner().isEquivalentTo(io.smallrye.mutiny.Uni.class)
                        && call.getName().equals("await")))
        .check(CLASSES);
  }

  @Test
  void nobodySerializesOrRunsForeignCode() {
    noClasses()
        .that(written())
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "object streams and scripting",
                type ->
                    Arrays.asList("java.io.ObjectInputStream", "javax.script.ScriptEngine")
                        .contains(type.getName())))
        .check(CLASSES);
  }

  private static String packageOf(String room) {
    return ROOT + "." + room;
  }

  /// What somebody wrote: Quarkus adds classes of its own beside a bean.
  private static DescribedPredicate<JavaClass> written() {
    return DescribedPredicate.describe(
        "written by hand",
        type ->
            !type.getPackageName().equals(packageOf(PROTO))
                && !type.getSimpleName().contains("_Bean")
                && !type.getSimpleName().contains("_ClientProxy")
                && !type.getSimpleName().contains("_Subclass"));
  }
}
