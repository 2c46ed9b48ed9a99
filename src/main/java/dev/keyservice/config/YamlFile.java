package dev.keyservice.config;

import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.nodes.Tag;

/// Reads a YAML file strictly: whatever is not asked for, is of another type or is there twice, is
/// refused with its place in the file. A setting that is misread would mean something that nobody
/// wrote.
public final class YamlFile {
  private static final int LARGEST = 16 << 20;

  private final String setting;
  private final Path file;

  private YamlFile(String setting, Path file) {
    this.setting = setting;
    this.file = file;
  }

  /// Reads a file.
  ///
  /// @param setting what names the file, for refusals
  /// @param whenMissing what to do when there is no such file
  /// @return the whole document
  /// @throws SettingRefused when it cannot be read or is no YAML
  public static Value read(String setting, Path file, String whenMissing) {
    var yaml = new YamlFile(setting, file);
    return yaml.new Value("", yaml.document(whenMissing));
  }

  private Object document(String whenMissing) {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    options.setCodePointLimit(LARGEST);
    try {
      var text = Files.readString(file);
      var yaml = new Yaml(new SafeConstructor(options));
      yaml.parse(new StringReader(text)).forEach(this::refuseReuse);
      var document = yaml.<Object>load(text);
      return document == null ? Map.of() : document;
    } catch (NoSuchFileException e) {
      throw new SettingRefused(setting, file + " does not exist; " + whenMissing);
    } catch (CharacterCodingException e) {
      throw new SettingRefused(setting, file + " is not UTF-8 text");
    } catch (IOException e) {
      throw new SettingRefused(setting, file + " cannot be read");
    } catch (SettingRefused e) {
      throw e;
    } catch (RuntimeException e) {
      // Not YAMLException alone: a text that does not fit its tag, such as `!!int x`, throws
      // others.
      throw new SettingRefused(
          setting,
          file + " is not valid YAML: " + String.valueOf(e.getMessage()).replace("\n", " "));
    }
  }

  /// An alias stands for what was written elsewhere, and a merge, `<<`, for fields that then may be
  /// given twice.
  private void refuseReuse(Event event) {
    var reuses =
        switch (event) {
          case AliasEvent _ -> true;
          case ScalarEvent scalar ->
              Tag.MERGE.getValue().equals(scalar.getTag())
                  || (scalar.isPlain() && scalar.getValue().equals("<<"));
          default -> false;
        };
    if (reuses) {
      throw new SettingRefused(
          setting,
          file
              + ": line "
              + (event.getStartMark().getLine() + 1)
              + ": write it out, without an alias");
    }
  }

  /// One place in the file and what stands there.
  public final class Value {
    private final String at;
    private final @Nullable Object value;

    private Value(String at, @Nullable Object value) {
      this.at = at;
      this.value = value;
    }

    /// Its place, such as `bindings[3].roles`; empty for the whole document.
    public String at() {
      return at;
    }

    /// The fields of a mapping, none of which is empty, in their order.
    public Map<String, Value> mapping() {
      if (!(value instanceof Map<?, ?> map)) {
        throw refused("must be a mapping");
      }
      var fields = new LinkedHashMap<String, Value>();
      for (var entry : map.entrySet()) {
        var name = String.valueOf(entry.getKey());
        var field = new Value(at.isEmpty() ? name : at + "." + name, entry.getValue());
        if (!(entry.getKey() instanceof String) || entry.getValue() == null) {
          throw field.refused("must be text with a value");
        }
        fields.put(name, field);
      }
      return fields;
    }

    /// The fields of a mapping that has only known ones.
    public Fields fields(Set<String> known) {
      var fields = mapping();
      fields.forEach((name, field) -> {
        if (!known.contains(name)) {
          throw field.refused("there is no such field; known are " + sorted(known));
        }
      });
      return new Fields(this, fields);
    }

    /// The entries of a list that has at least one.
    public List<Value> list() {
      if (!(value instanceof List<?> list) || list.isEmpty()) {
        throw refused("must be a list with at least one entry");
      }
      var entries = new ArrayList<Value>();
      for (var entry : list) {
        entries.add(new Value(at + "[" + entries.size() + "]", entry));
      }
      return entries;
    }

    /// Whether it is a mapping, and not text or a list.
    public boolean isMapping() {
      return value instanceof Map;
    }

    /// Text that is not empty.
    public String text() {
      if (value instanceof String text && !text.isEmpty()) {
        return text;
      }
      throw refused("must be text");
    }

    /// The texts of a list that has at least one.
    public List<String> texts() {
      return list().stream().map(Value::text).toList();
    }

    /// `true` or `false`.
    public boolean flag() {
      if (value instanceof Boolean flag) {
        return flag;
      }
      throw refused("must be true or false");
    }

    /// As what to name this place where a setting is named.
    public String setting() {
      return setting + ": " + file + (at.isEmpty() ? "" : ": " + at);
    }

    /// The refusal of what stands here.
    public SettingRefused refused(String problem) {
      return new SettingRefused(setting, file + ": " + (at.isEmpty() ? "" : at + ": ") + problem);
    }
  }

  /// The known fields of a mapping.
  public static final class Fields {
    private final Value mapping;
    private final Map<String, Value> fields;

    private Fields(Value mapping, Map<String, Value> fields) {
      this.mapping = mapping;
      this.fields = fields;
    }

    /// A field that must be there.
    public Value required(String name) {
      var field = fields.get(name);
      if (field == null) {
        throw mapping.refused("must have the field '" + name + "'");
      }
      return field;
    }

    /// A field that may be missing.
    public Optional<Value> optional(String name) {
      return Optional.ofNullable(fields.get(name));
    }

    /// What a field says, or what holds without it.
    public <T> T orDefault(String name, Function<Value, T> read, T byDefault) {
      var field = fields.get(name);
      return field == null ? byDefault : read.apply(field);
    }
  }

  private static String sorted(Set<String> names) {
    return names.stream().sorted().collect(Collectors.joining(", "));
  }
}
