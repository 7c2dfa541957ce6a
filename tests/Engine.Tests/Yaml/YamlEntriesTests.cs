using CsCheck;
using GunicornPrometheusExporter.Yaml;
using Xunit;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Engine.Tests.Yaml;

public class YamlEntriesTests
{
    private static readonly string[] Pieces =
    [
        "name", "on", "list", "map", ": ", "\n", "  ", "- ", "{", "}", "[", "]", "&a ", "*a", "---", "...",
        "? ", "!!x ", "<<", "|", ">", "\"", "'", "#", ",", "%YAML 1.2", "@", "\0", "\t", "ä",
    ];

    private string? _name;
    private bool _isNameMapping;
    private bool? _isOn;
    private IReadOnlyList<string>? _list;
    private readonly Dictionary<string, string?> _map = [];

    [Fact]
    public void Texts_booleans_lists_and_mappings_are_read()
    {
        Assert.Empty(Errors("name: 5\non: true\nlist: [a, 'b c', ~]\nmap: {x: 1, y: null, z: 'null'}\n"));

        Assert.Equal("5", _name);
        Assert.True(_isOn);
        Assert.Equal(["a", "b c"], _list!);
        Assert.Equal([new("x", "1"), new("y", null), new("z", "null")], _map);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_name()
    {
        Assert.Empty(Errors("\uFEFFname: a"));

        Assert.Equal("a", _name);
    }

    [Theory]
    [InlineData("name: {a: {b: c}}\non: true", true)]
    [InlineData("name: a\non: true", false)]
    [InlineData("name: [{}]\non: true", false)]
    public void A_mapping_is_told_apart_and_may_be_passed_over(string text, bool isMapping)
    {
        Errors(text);

        Assert.Equal((isMapping, true), (_isNameMapping, _isOn));
    }

    [Theory]
    [InlineData("name:\non: ~\nlist: null\nmap:\n")]
    [InlineData("{}")]
    public void What_is_left_empty_is_as_if_it_were_not_there(string text)
    {
        Assert.Empty(Errors(text));

        Assert.Equal((null, null, null, 0), (_name, _isOn, _list, _map.Count));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("# nothing\n", false)]
    [InlineData("---\n", false)]
    [InlineData("{}", true)]
    [InlineData("name: a", true)]
    [InlineData("{", true)]
    public void A_text_without_a_document_is_told_apart(string text, bool isAny) => Assert.Equal(isAny, Read(new(text, "a.yml")));

    [Theory]
    [InlineData("- a", "a.yml:1:1: the file must be a mapping, with \"name: value\" on separate lines")]
    [InlineData("nmae: 1", "a.yml:1:1: the file has no setting \"nmae\"; did you mean name?")]
    [InlineData("zzzzzz: {name: [1]}", "a.yml:1:1: the file has no setting \"zzzzzz\"; known names are name, on, list, map")]
    [InlineData("on: yes", "a.yml:1:5: on must be true or false")]
    [InlineData("name: [a]", "a.yml:1:7: name must be a string")]
    [InlineData("name: *a", "a.yml:1:7: name must be a string")]
    [InlineData("list: a", "a.yml:1:7: list must be a list, with \"- value\" on separate lines")]
    [InlineData("list: [[a]]", "a.yml:1:8: list must be a string")]
    [InlineData("map:\n  - a", "a.yml:2:3: map must be a mapping, with \"name: value\" on separate lines")]
    [InlineData("on: true\nname: a\non: false", "a.yml:3:1: on appears twice; remove one")]
    [InlineData("map:\n  x: 1\n  x: 2", "a.yml:3:3: x appears twice; remove one")]
    [InlineData("? [a]\n: b", "a.yml:1:3: the file has a key that is not a name")]
    [InlineData("<<: {name: a}", "a.yml:1:1: the file has no setting \"<<\"; known names are name, on, list, map")]
    [InlineData("name: a\n---\nname: b", "a.yml:2:1: a second document begins here; remove it")]
    [InlineData("name: a\n  b: c", "a.yml:2:4: invalid YAML: ")]
    public void What_is_wrong_is_told_with_its_place(string text, string sentence) =>
        Assert.StartsWith(sentence, Assert.Single(Errors(text)), StringComparison.Ordinal);

    [Fact]
    public void Every_error_is_told_in_the_order_of_the_text() => Assert.Equal(
        ["a.yml:1:5: on must be true or false", "a.yml:2:1: the file has no setting \"lst\"; did you mean list?", "a.yml:3:7: name must be a string"],
        Errors("on: 1\nlst: [a]\nname: []\n"));

    [Fact]
    public void What_lies_too_deep_is_an_error_and_costs_no_more_than_what_does_not() => Assert.All(
        (string[])["name: " + new string('[', 200_000), "name: " + string.Concat(Enumerable.Repeat("{a: ", 50_000)), string.Concat(Enumerable.Repeat("? ", 100_000))],
        text => Assert.Contains(Errors(text), error => error.EndsWith("invalid YAML: values are nested more than 16 levels deep", StringComparison.Ordinal)));

    [Fact]
    public void Whatever_the_text_is_reading_ends_with_what_is_wrong() =>
        Gen.OneOf(Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]), Gen.String)
            .Array[0, 40].Select(pieces => string.Concat(pieces)).ForAll(text => Errors(text), count: 5_000);

    private IReadOnlyList<string> Errors(string text)
    {
        var yaml = new YamlEntries(text, "a.yml");
        Read(yaml);
        return yaml.Errors;
    }

    private bool Read(YamlEntries yaml) => yaml.ReadDocument(new Dictionary<string, Action<Scalar>>
    {
        ["name"] = key =>
        {
            _isNameMapping = yaml.IsMapping;
            if (yaml.IsMapping) yaml.Skip();
            else _name = yaml.ReadText(key);
        },
        ["on"] = key => _isOn = yaml.ReadBoolean(key),
        ["list"] = key => _list = yaml.ReadTexts(key),
        ["map"] = _ =>
        {
            foreach (var key in yaml.Keys("map")) _map[key.Value] = yaml.ReadText(key);
        },
    });
}
