// The load chart: stacked hours by certainty, a stepped line of the people there are. The table below holds the same numbers.
"use strict";
(() => {
  const host = document.querySelector("[data-load-chart]");
  if (!host || !window.echarts) return;
  const data = JSON.parse(host.dataset.loadChart);
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Told apart by lightness and by pattern, not by hue.
  const patterns = {
    sure: {},
    open: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: Math.PI / 4 },
    next: { symbol: "circle", symbolSize: 0.5, dashArrayX: 7, dashArrayY: 7 },
  };
  const shades = () => ({ sure: ink("--heat-4"), open: ink("--heat-3"), next: ink("--heat-1") });
  const decal = (layer) => (layer === "sure" ? { symbol: "none" } : { ...patterns[layer], color: ink("--ink-2") });
  let chart;
  const draw = () => {
    const shade = shades(), text = ink("--ink-2"), line = ink("--line");
    if (chart) chart.dispose();
    chart = window.echarts.init(host, null, { renderer: "svg" });
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: "inherit", color: text },
      grid: { left: 56, right: 16, top: host.clientWidth < 560 ? 96 : 56, bottom: 48 },
      legend: { top: 0, textStyle: { color: text }, itemGap: 16 },
      xAxis: { type: "category", data: data.months, axisLabel: { color: text, hideOverlap: true }, axisLine: { lineStyle: { color: line } } },
      yAxis: { type: "value", name: "工时", nameTextStyle: { color: text }, axisLabel: { color: text }, splitLine: { lineStyle: { color: line } } },
      series: [
        ...data.series.map((s) => ({ name: s.name, type: "bar", stack: "load", data: s.hours, barMaxWidth: 36,
          itemStyle: { color: shade[s.layer], decal: decal(s.layer), borderColor: ink("--line-control"), borderWidth: 0.5 } })),
        { name: "可用工时", type: "line", step: "middle", data: data.room, symbol: "none", lineStyle: { color: ink("--danger"), width: 2.5 }, itemStyle: { color: ink("--danger") } },
        { name: "已排工时", type: "line", data: data.planned, symbol: "diamond", symbolSize: 8, lineStyle: { color: text, type: "dashed", width: 1.5 }, itemStyle: { color: text } },
      ],
    });
  };
  draw();
  new ResizeObserver(() => chart.resize()).observe(host);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();
