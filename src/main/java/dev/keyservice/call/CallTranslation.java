package dev.keyservice.call;

import io.grpc.Metadata;
import io.grpc.Status;

/// The translation of failures for the stage that has to know, before a call ends, with what it
/// will.
public interface CallTranslation extends CallRefusal {

  /// Whether a status leaves as it is: that of a success, or of a failure that was translated.
  boolean isFinal(Status status, Metadata trailers);

  /// What any other status means, such as those that the generated code chooses by itself.
  Throwable meaning(Status status);
}
