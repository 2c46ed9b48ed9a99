package dev.keyservice.access;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.KeyRingName;
import java.util.List;
import java.util.Optional;

/// One permission that a method demands, as its `requires` option declares it.
sealed interface Requirement {
  /// The permission demanded.
  Permission permission();

  /// On the key that the request names.
  ///
  /// @param name the field with the key, the version, or the ring if there is a `childId`
  record OnResource(Permission permission, FieldPath name, Optional<FieldPath> childId)
      implements Requirement {

    /// The key that the request speaks of.
    ///
    /// @throws dev.keyservice.failure.Failure.InvalidArgument when its name is malformed
    CryptoKeyName key(Message request) {
      var resource = name.text(request);
      if (childId.isPresent()) {
        var ring = KeyRingName.parse(name.toString(), resource);
        return CryptoKeyName.in(ring, childId.get().toString(), childId.get().text(request));
      }
      return CryptoKeyVersionName.keyOf(name.toString(), resource);
    }
  }

  /// On some key: the method shows only what the caller may.
  record Filtered(Permission permission) implements Requirement {}

  /// On any pattern: the method is not about a key.
  record Anywhere(Permission permission) implements Requirement {}

  /// Another one, asked only of requests in which a field is set.
  record OnlyIf(FieldPath field, Requirement asked) implements Requirement {
    @Override
    public Permission permission() {
      return asked.permission();
    }
  }

  /// A field of a message, through the fields that contain it.
  record FieldPath(List<FieldDescriptor> fields) {

    /// The text in that field; empty when one of the messages on the way is not set.
    String text(Message message) {
      return (String) parent(message).getField(fields.getLast());
    }

    /// Whether that field, and so every message on the way, is set.
    boolean isSet(Message message) {
      return parent(message).hasField(fields.getLast());
    }

    private Message parent(Message message) {
      var parent = message;
      for (var field : fields.subList(0, fields.size() - 1)) {
        parent = (Message) parent.getField(field);
      }
      return parent;
    }

    @Override
    public String toString() {
      return String.join(".", fields.stream().map(FieldDescriptor::getName).toList());
    }
  }
}
