package dev.keyservice.access;

import static dev.keyservice.failure.Failure.invalid;

import dev.keyservice.identity.Caller;
import dev.keyservice.identity.CertificateCaller;
import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.identity.TokenCaller;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// All that a policy sees of a caller.
///
/// @param names by which bindings can mean it, at least one
/// @param certificate whether its connection proved a certificate
public record CallerNames(List<CallerName> names, boolean certificate) {
  public CallerNames {
    names = List.copyOf(names);
  }

  /// Those of the caller of a call. With a token it is known by that alone, whatever certificate it
  /// has beside it.
  static CallerNames of(Caller caller) {
    return switch (caller) {
      case CertificateCaller known -> new CallerNames(named(known.id()), true);
      case InsecureCaller anyone -> new CallerNames(named(anyone.id()), false);
      case TokenCaller token ->
          withGroups(
              new CallerName.Subject(token.issuer(), token.subject()),
              token.groups(),
              token.certificate().isPresent());
    };
  }

  /// Those of a caller that somebody describes.
  ///
  /// @param id as WhoAmI tells it
  /// @param groups of its token
  /// @param certificate whether it has one beside its token; without a token the id says so
  /// @throws dev.keyservice.failure.Failure.InvalidArgument naming `caller.id` or `caller.groups`
  public static CallerNames described(String id, Collection<String> groups, boolean certificate) {
    var subject = CallerName.Subject.parse(id);
    if (subject.isPresent()) {
      return withGroups(subject.get(), groups, certificate);
    }
    var named =
        CallerName.Named.parse(id)
            .orElseThrow(() ->
                invalid(
                    "caller.id",
                    "must be cn:NAME, spiffe://DOMAIN/PATH, token:ISSUER#SUBJECT or "
                        + InsecureCaller.ID));
    if (!groups.isEmpty()) {
      throw invalid("caller.groups", "must be empty: only a token names groups");
    }
    return new CallerNames(List.of(named), !named.id().equals(InsecureCaller.ID));
  }

  private static List<CallerName> named(String id) {
    return List.of(new CallerName.Named(id));
  }

  private static CallerNames withGroups(
      CallerName.Subject subject, Collection<String> groups, boolean certificate) {
    var names = new ArrayList<CallerName>();
    names.add(subject);
    groups.forEach(group -> names.add(new CallerName.Group(subject.issuer(), group)));
    return new CallerNames(names, certificate);
  }
}
