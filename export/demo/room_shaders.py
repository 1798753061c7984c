"""GLSL of the room's plate: one pass = one key direction and two directions of sky, each with its shadow map."""

from __future__ import annotations

VERTEX = """
#version 330
in vec3 in_position; in vec3 in_normal; in vec4 in_colour;
uniform mat4 camera;
out vec3 position; out vec3 normal; out vec4 colour;
void main() {
    position = in_position; normal = in_normal; colour = in_colour;
    gl_Position = camera * vec4(position, 1.0);
}
"""

SHADOW_VERTEX = """
#version 330
in vec3 in_position; uniform mat4 matrix;
void main() { gl_Position = matrix * vec4(in_position, 1.0); }
"""

SHADOW_FRAGMENT = """
#version 330
void main() {}
"""

FRAGMENT = """
#version 330
const int PLAIN = 0, PLASTER = 1, OAK = 2, GLOW = 3, CLOTH = 4, LEAF = 5;
uniform sampler2DShadow shadow[3];
uniform mat4 box[3];
uniform vec3 direction[3];
uniform vec3 lamps[2];
uniform vec3 eye;
in vec3 position; in vec3 normal; in vec4 colour;
out vec4 result;
float hash(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }
float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p); f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
float cloud(vec2 p) { return 0.5 * noise(p) + 0.3 * noise(p * 2.1 + 7.0) + 0.2 * noise(p * 4.3 + 3.0); }
float seen(int i, vec3 p) {
    vec3 w = (box[i] * vec4(p, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(w.xy, vec2(0.0))) || any(greaterThan(w.xy, vec2(1.0)))) return 1.0;
    float d = w.z - 0.0016;
    if (i == 0) return texture(shadow[0], vec3(w.xy, d));
    return i == 1 ? texture(shadow[1], vec3(w.xy, d)) : texture(shadow[2], vec3(w.xy, d));
}
void main() {
    int kind = int(colour.a + 0.5);
    if (kind == GLOW) {
        vec3 v = normalize(eye - position);
        result = vec4(colour.rgb * mix(0.82, 1.28, pow(max(dot(normalize(normal), v), 0.0), 0.7)), 1.0);
        return;
    }
    vec3 n = normalize(normal);
    vec3 view = normalize(eye - position);
    if (dot(n, view) < 0.0) n = -n;
    vec3 albedo = colour.rgb;
    float polish = 0.0;
    if (kind == PLASTER) {
        float mottle = cloud(position.xy * 1.7) - 0.5;
        albedo *= 1.0 + 0.10 * mottle + 0.05 * (cloud(position.xy * 9.0) - 0.5);
    } else if (kind == OAK) {
        float row = floor(position.x / 0.145 + 100.0);
        float along = position.z + 3.7 * hash(vec2(row, 3.0));
        float piece = floor(along / 1.35);
        float tone = hash(vec2(row, piece));
        float grain = cloud(vec2(position.x * 70.0 + tone * 50.0, along * 3.5)) - 0.5;
        albedo *= 0.86 + 0.26 * tone + 0.22 * grain;
        albedo = mix(albedo, albedo.gbr * 0.9, 0.05 * tone);
        vec2 gap = vec2(abs(fract(position.x / 0.145) - 0.5) , abs(fract(along / 1.35) - 0.5));
        float edge = max(smoothstep(0.487, 0.497, gap.x), smoothstep(0.4985, 0.4995, gap.y));
        albedo *= 1.0 - 0.45 * edge;
        polish = 0.30;
    }
    vec3 total = vec3(0.0);
    vec3 off = position + n * 0.012;
    float key = max(dot(n, direction[0]), 0.0) * seen(0, off);
    if (kind == PLASTER || kind == OAK) {
        // Light falls in through a tall window on the left: brighter where its panes throw it.
        vec2 p = position.xy + direction[0].xy / max(direction[0].z, 0.2) * (position.z + 2.6);
        float slope = p.x + 0.42 * p.y;
        float pane = smoothstep(0.10, 0.22, slope) * smoothstep(1.42, 1.30, slope);
        pane *= smoothstep(0.55, 0.70, p.y) * smoothstep(2.30, 2.15, p.y);
        pane *= 1.0 - 0.8 * smoothstep(0.05, 0.025, abs(slope - 0.77));
        pane *= 1.0 - 0.8 * smoothstep(0.05, 0.025, abs(p.y - 1.42));
        key *= kind == PLASTER ? 0.62 + 0.62 * pane : 0.95;
    }
    total += albedo * key * vec3(0.80, 0.74, 0.655);
    for (int i = 1; i < 3; i++)
        total += albedo * max(dot(n, direction[i]), 0.0) * seen(i, off) * vec3(0.46, 0.455, 0.44);
    // The lamps warm the wall about them.
    for (int i = 0; i < 2; i++) {
        vec3 away = lamps[i] - position;
        float d2 = dot(away, away);
        total += albedo * max(dot(n, away) * inversesqrt(d2), 0.0) / (d2 + 0.10) * vec3(0.155, 0.118, 0.075);
    }
    total += albedo * mix(vec3(0.17, 0.145, 0.12), vec3(0.12, 0.12, 0.12), 0.5 + 0.5 * n.y);
    if (kind == LEAF) total += albedo * 0.10;
    // A polished floor throws back the bright wall at a glancing view.
    float glance = pow(1.0 - max(dot(n, view), 0.0), 3.0);
    vec3 back = reflect(-view, n);
    if (polish > 0.0) {
        float hit = (-2.6 - position.z) / min(back.z, -0.01);
        vec3 there = position + back * hit;
        total += polish * glance * vec3(0.40, 0.355, 0.30) * (0.75 + 0.35 * smoothstep(0.0, 1.4, there.y));
    }
    result = vec4(total, 1.0);
}
"""
