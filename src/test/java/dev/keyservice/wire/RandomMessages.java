package dev.keyservice.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UnknownFieldSet;
import java.util.List;
import java.util.Random;

/// Messages that can be decoded and make sense by chance only.
final class RandomMessages {
  private static final int DEEPEST = 4;
  private static final int LARGE = 70_000;

  private final Random random;
  private final List<String> texts;
  private final List<ByteString> bytes;

  /// @param texts taken now and then where a text is wanted, such as names that exist
  /// @param bytes the same for bytes
  RandomMessages(Random random, List<String> texts, List<ByteString> bytes) {
    this.random = random;
    this.texts = List.copyOf(texts);
    this.bytes = List.copyOf(bytes);
  }

  byte[] ofType(Descriptor type) {
    return message(type, 0).toByteArray();
  }

  private DynamicMessage message(Descriptor type, int depth) {
    var message = DynamicMessage.newBuilder(type);
    for (var field : type.getFields()) {
      if (oneOf(4) || depth > DEEPEST) {
        continue;
      }
      if (field.isRepeated()) {
        for (var i = random.nextInt(4); i > 0; i--) {
          message.addRepeatedField(field, value(field, depth));
        }
      } else {
        message.setField(field, value(field, depth));
      }
    }
    if (oneOf(4)) {
      message.setUnknownFields(unknown());
    }
    return message.build();
  }

  private Object value(FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case INT -> number();
      case LONG -> random.nextLong();
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextDouble();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> text();
      case BYTE_STRING -> bytes();
      case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(oneOf(4) ? number() : 1);
      case MESSAGE -> message(field.getMessageType(), depth + 1);
    };
  }

  private int number() {
    return oneOf(2) ? random.nextInt(100) : random.nextInt();
  }

  private String text() {
    if (!oneOf(3)) {
      return texts.get(random.nextInt(texts.size()));
    }
    var bound = oneOf(2) ? 128 : Character.MAX_CODE_POINT;
    return random
        .ints(random.nextInt(oneOf(50) ? LARGE / 4 : 80), 0, bound)
        .filter(
            character -> character < Character.MIN_SURROGATE || character > Character.MAX_SURROGATE)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private ByteString bytes() {
    if (oneOf(3)) {
      return bytes.get(random.nextInt(bytes.size()));
    }
    var some = new byte[random.nextInt(oneOf(20) ? LARGE : 200)];
    random.nextBytes(some);
    return ByteString.copyFrom(some);
  }

  private UnknownFieldSet unknown() {
    var field =
        UnknownFieldSet.Field.newBuilder()
            .addVarint(random.nextLong())
            .addFixed32(random.nextInt())
            .addLengthDelimited(bytes())
            .addGroup(UnknownFieldSet.getDefaultInstance())
            .build();
    return UnknownFieldSet.newBuilder().addField(1_000 + random.nextInt(1_000), field).build();
  }

  private boolean oneOf(int many) {
    return random.nextInt(many) == 0;
  }
}
