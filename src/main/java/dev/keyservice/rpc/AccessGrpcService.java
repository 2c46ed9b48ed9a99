package dev.keyservice.rpc;

import dev.keyservice.identity.Caller;
import dev.keyservice.identity.CertificateCaller;
import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.identity.TokenCaller;
import dev.keyservice.transport.CallLifetime;
import dev.keyservice.v1.AccessService;
import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;

/// Answers questions about identity.
@GrpcService
@CallLifetime
public class AccessGrpcService implements AccessService {

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
}
