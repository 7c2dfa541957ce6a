using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>What a master reports about itself, such as an application whose own metrics no exporter can see.</summary>
internal static class NoticeCheck
{
    internal static IEnumerable<Finding> Find(StoreView store) =>
        MasterTexts.Of(store.Slots, store.Directory, "notice").Select(notice => Finding.Warning($"{store.Directory}: {notice}"));
}
