package dev.keyservice.testing;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/// What came back on one stream. Not thread-safe.
final class StreamAnswer {
  private final Map<String, String> headers = new HashMap<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private String reset = "";
  private boolean ended;

  void add(String name, String value) {
    headers.put(name, value);
  }

  ByteArrayOutputStream data() {
    return data;
  }

  /// A reset after the end only says that the server wants no more.
  void reset(String code) {
    if (!ended && reset.isEmpty()) {
      reset = code;
    }
  }

  void end() {
    ended = true;
  }

  boolean isOver() {
    return ended || !reset.isEmpty();
  }

  /// `RST_STREAM ERROR`, or the HTTP status unless it is 200, the status of gRPC, and the reason
  /// that the service gives: `415 INTERNAL`, `INVALID_ARGUMENT INVALID_FIELD`.
  @Override
  public String toString() {
    if (!reset.isEmpty()) {
      return "RST_STREAM " + reset;
    }
    var http = headers.getOrDefault(":status", "no status");
    var code = headers.get("grpc-status");
    var status =
        code == null ? "" : " " + io.grpc.Status.fromCodeValue(Integer.parseInt(code)).getCode();
    return ((http.equals("200") ? "" : http) + status + reason()).strip();
  }

  private String reason() {
    var details = headers.get("grpc-status-details-bin");
    if (details == null) {
      return "";
    }
    try {
      for (var detail : Status.parseFrom(Base64.getDecoder().decode(details)).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          return " " + detail.unpack(ErrorInfo.class).getReason();
        }
      }
      return "";
    } catch (InvalidProtocolBufferException e) {
      return " (unreadable details)";
    }
  }
}
