package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import dev.keyservice.access.Access;
import dev.keyservice.access.CallerNames;
import dev.keyservice.access.Decision;
import dev.keyservice.access.Permission;
import dev.keyservice.call.CallRecord;
import dev.keyservice.identity.Caller;
import dev.keyservice.identity.CertificateCaller;
import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.identity.TokenCaller;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.transport.CallLifetime;
import dev.keyservice.v1.AccessService;
import dev.keyservice.v1.ExplainAccessRequest;
import dev.keyservice.v1.ExplainAccessResponse;
import dev.keyservice.v1.TestPermissionsRequest;
import dev.keyservice.v1.TestPermissionsResponse;
import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Answers questions about identity, and about what it may. Everything is decided from names: that
/// a key exists is never told.
@GrpcService
@CallLifetime
public class AccessGrpcService implements AccessService {
  private static final int MOST_PERMISSIONS = 100;

  private final Access access;

  AccessGrpcService(Access access) {
    this.access = access;
  }

  @Override
  public Uni<WhoAmIResponse> whoAmI(WhoAmIRequest request) {
    var caller = Caller.current();
    var answer =
        WhoAmIResponse.newBuilder()
            .setCallerId(caller.id())
            .setCommonName(caller.commonName())
            .setAuthentication(authentication(caller));
    if (caller instanceof TokenCaller token) {
      answer
          .setIssuer(token.issuer())
          .setSubject(token.subject())
          .addAllGroups(token.groups().stream().sorted().toList());
      token.certificate().ifPresent(certificate -> answer.setCertificateId(certificate.id()));
    }
    caller.expiry().map(ProtoMapping::timestamp).ifPresent(answer::setExpireTime);
    return Uni.createFrom().item(answer.build());
  }

  private static WhoAmIResponse.Authentication authentication(Caller who) {
    return switch (who) {
      case CertificateCaller _ -> WhoAmIResponse.Authentication.CERTIFICATE;
      case TokenCaller caller ->
          caller.certificate().isPresent()
              ? WhoAmIResponse.Authentication.TOKEN_AND_CERTIFICATE
              : WhoAmIResponse.Authentication.TOKEN;
      case InsecureCaller _ -> WhoAmIResponse.Authentication.INSECURE;
    };
  }

  @Override
  public Uni<TestPermissionsResponse> testPermissions(TestPermissionsRequest request) {
    var asked = permissions(request.getPermissionsList());
    var held = access.held(Caller.current(), asked, key(request.getName()));
    return Uni.createFrom()
        .item(
            TestPermissionsResponse.newBuilder()
                .addAllPermissions(held.stream().map(Permission::permissionName).toList())
                .build());
  }

  private static List<Permission> permissions(List<String> names) {
    if (names.isEmpty() || names.size() > MOST_PERMISSIONS) {
      throw invalid("permissions", "must be 1 to " + MOST_PERMISSIONS);
    }
    var permissions = new ArrayList<Permission>();
    for (var name : names) {
      var field = "permissions[" + permissions.size() + "]";
      var permission = permission(field, name);
      if (permissions.contains(permission)) {
        throw invalid(field, "must not be asked for twice");
      }
      permissions.add(permission);
    }
    return permissions;
  }

  private static Permission permission(String field, String name) {
    return Permission.named(name).orElseThrow(() -> invalid(field, "is no permission"));
  }

  @Override
  public Uni<ExplainAccessResponse> explainAccess(ExplainAccessRequest request) {
    var permission = permission("permission", request.getPermission());
    var key = key(request.getName());
    var decision =
        request.hasCaller()
            ? access.explain(described(request.getCaller()), permission, key)
            : access.explain(Caller.current(), permission, key);
    return Uni.createFrom().item(answer(decision, permission));
  }

  private static CallerNames described(ExplainAccessRequest.Caller caller) {
    return CallerNames.described(caller.getId(), caller.getGroupsList(), caller.getCertificate());
  }

  private static ExplainAccessResponse answer(Decision decision, Permission permission) {
    var answer = ExplainAccessResponse.newBuilder();
    return switch (decision) {
      case Decision.Granted(var binding, var keys) ->
          answer.setGranted(true).setBinding(binding).setKeyPattern(keys).build();
      case Decision.Denied(var why) ->
          answer
              .setMissingPermission(permission.permissionName())
              .setDenial(ProtoMapping.denial(why))
              .build();
    };
  }

  /// The key that a question is about; empty for any pattern.
  private static Optional<CryptoKeyName> key(String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    var key = CryptoKeyVersionName.keyOf("name", name);
    CallRecord.current().ifPresent(record -> record.concerns(key.resource()));
    return Optional.of(key);
  }
}
