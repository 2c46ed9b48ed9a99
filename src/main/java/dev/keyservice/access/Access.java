package dev.keyservice.access;

import com.google.protobuf.Message;
import dev.keyservice.call.CallRecord;
import dev.keyservice.call.Rate;
import dev.keyservice.failure.Failure;
import dev.keyservice.identity.Caller;
import dev.keyservice.key.CryptoKeyName;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Decides, from names alone: the policy in force against what the method declares.
///
/// Until [#enforce] is called nothing is allowed to anyone.
@Singleton
public final class Access {
  private final PolicyInForce policy;
  private volatile MethodRequirements methods = MethodRequirements.none();

  Access(PolicyInForce policy) {
    this.policy = policy;
  }

  /// Puts the policy of a file in force for every call from now on, and follows the file.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when the policy is not understood
  public void enforce(Path policyFile, MethodRequirements methods) {
    policy.follow(policyFile);
    this.methods = methods;
  }

  /// The keys on which the caller holds the permission; decided by the policy in force now.
  public Predicate<CryptoKeyName> allowed(Caller caller, Permission permission) {
    var now = policy.current();
    return name -> now.allows(caller, permission, name);
  }

  /// Whether the policy in force names the caller itself, not only a group of its token.
  ///
  /// @param callerId as [Caller#id] gives it
  public boolean names(String callerId) {
    return policy.current().names(callerId);
  }

  /// The limits of the caller's bindings; decided by the policy in force now.
  public List<Rate> rates(Caller caller) {
    return policy.current().rates(caller);
  }

  /// Which of these permissions the caller holds, in their order.
  ///
  /// @param name on this key; empty for any pattern at all
  public List<Permission> held(
      Caller caller, List<Permission> permissions, Optional<CryptoKeyName> name) {
    var now = policy.current();
    var names = CallerNames.of(caller);
    return permissions.stream().filter(asked -> now.allows(names, asked, name)).toList();
  }

  /// Whether the caller holds the permission, and why.
  ///
  /// @param name on this key; empty for any pattern at all
  public Decision explain(Caller caller, Permission permission, Optional<CryptoKeyName> name) {
    return policy.current().explain(caller, permission, name);
  }

  /// The same of a caller that somebody describes.
  public Decision explain(CallerNames caller, Permission permission, Optional<CryptoKeyName> name) {
    return policy.current().explain(caller, permission, name);
  }

  /// Refuses a caller that holds the permission nowhere.
  ///
  /// @throws Failure.PermissionDenied when it does not
  public void requireSomewhere(Caller caller, Permission permission) {
    if (!policy.current().allowsSomewhere(caller, permission)) {
      throw new Failure.PermissionDenied(permission.permissionName(), "*");
    }
  }

  /// Refuses a method that needs no look at the request to be refused.
  ///
  /// @return what is left to be checked against the request
  List<Requirement> admit(Caller caller, String method) {
    var requirements =
        methods.of(method).orElseThrow(() -> new Failure.PermissionDenied("(none)", "*"));
    var later = new ArrayList<Requirement>();
    for (var requirement : requirements) {
      switch (requirement) {
        case Requirement.Filtered(var permission) -> requireSomewhere(caller, permission);
        case Requirement.Anywhere(var permission) -> requireSomewhere(caller, permission);
        case Requirement.OnResource _, Requirement.OnlyIf _ -> later.add(requirement);
      }
    }
    return later;
  }

  /// Refuses a request for which the caller lacks a permission.
  void permit(Caller caller, List<Requirement> requirements, Message request) {
    requirements.forEach(requirement -> permit(caller, requirement, request));
  }

  private void permit(Caller caller, Requirement requirement, Message request) {
    switch (requirement) {
      case Requirement.Filtered(var permission) -> requireSomewhere(caller, permission);
      case Requirement.Anywhere(var permission) -> requireSomewhere(caller, permission);
      case Requirement.OnResource onKey -> permitOn(onKey.key(request), caller, onKey.permission());
      case Requirement.OnlyIf(var field, var asked) -> {
        if (field.isSet(request)) {
          permit(caller, asked, request);
        }
      }
    }
  }

  private void permitOn(CryptoKeyName key, Caller caller, Permission permission) {
    CallRecord.current().ifPresent(record -> record.concerns(key.resource()));
    if (!policy.current().allows(caller, permission, key)) {
      throw new Failure.PermissionDenied(permission.permissionName(), key.resource());
    }
  }
}
