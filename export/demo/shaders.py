"""GLSL of the stage: figure, shadow atlas, room plate with the figure's shadow, tone curve."""

from __future__ import annotations

from .clothes import EYE, HAIR, LASH, SHOE, SKIN, TOP, TROUSERS

MAX_LIGHTS = 24
_MATERIALS = "\n".join(f"const int {name} = {value};" for name, value in {
    "SKIN": SKIN, "EYE": EYE, "LASH": LASH, "TOP": TOP, "TROUSERS": TROUSERS, "SHOE": SHOE, "HAIR": HAIR}.items())

_SHADOW = f"""
const int MAX_LIGHTS = {MAX_LIGHTS};
uniform vec4 light_direction[MAX_LIGHTS];
uniform mat4 light_matrix[MAX_LIGHTS];
uniform int count;
uniform float atlas_rows;
uniform sampler2DShadow atlas;
float tap(vec2 where, vec2 tile, float depth) {{
    vec2 inner = clamp(where, vec2(0.004), vec2(0.996));
    return texture(atlas, vec3((inner + tile) / vec2(5.0, atlas_rows), depth));
}}
float visible(int i, vec3 position, float bias, float soft) {{
    vec4 box = light_matrix[i] * vec4(position, 1.0);
    vec3 where = box.xyz * 0.5 + 0.5;
    if (any(lessThan(where.xy, vec2(0.0))) || any(greaterThan(where.xy, vec2(1.0)))) return 1.0;
    vec2 tile = vec2(i % 5, i / 5);
    float depth = where.z - bias;
    float total = 0.0;
    total += tap(where.xy + vec2(0.4, 1.0) * soft, tile, depth);
    total += tap(where.xy + vec2(-1.0, 0.4) * soft, tile, depth);
    total += tap(where.xy + vec2(-0.4, -1.0) * soft, tile, depth);
    total += tap(where.xy + vec2(1.0, -0.4) * soft, tile, depth);
    return total * 0.25;
}}
float visible_wide(int i, vec3 position, float bias, float soft) {{
    return 0.5 * (visible(i, position, bias, soft) + visible(i, position, bias, soft * 2.3));
}}
"""

SHADOW_VERTEX = """
#version 330
in vec3 in_position; in vec4 in_extra;
uniform mat4 matrix;
out vec4 extra;
void main() { extra = in_extra; gl_Position = matrix * vec4(in_position, 1.0); }
"""

SHADOW_FRAGMENT = "#version 330\n" + _MATERIALS + """
uniform int material; in vec4 extra;
void main() { if ((material == TOP || material == TROUSERS) && extra.x < 0.0) discard; }
"""

FIGURE_VERTEX = "#version 330\n" + _MATERIALS + _SHADOW + """
in vec3 in_position; in vec3 in_normal; in vec3 in_rest; in vec2 in_uv; in vec4 in_extra;
uniform mat4 camera; uniform int material; uniform int first_soft; uniform vec4 light_colour[MAX_LIGHTS];
out vec3 position; out vec3 normal; out vec3 rest; out vec2 uv; out vec4 extra; out vec3 dome;
void main() {
    dome = vec3(0.0);
    float wrap = material == SKIN ? 0.3 : 0.12;
    int stride = material == HAIR ? 3 : 1;
    for (int i = first_soft; i < count; i += stride) {
        vec3 l = light_direction[i].xyz;
        float facing = dot(in_normal, l);
        float front = max((facing + wrap) / (1.0 + wrap), 0.0);
        vec3 off = in_normal * 0.007;
        if (material == HAIR) { front = 0.8 * sqrt(max(0.0, 1.0 - facing * facing)); off = l * 0.012; }
        float lit = visible(i, in_position + off, 0.0022, 1.3 / 448.0);
        dome += float(stride) * light_colour[i].rgb * front * (material == HAIR ? mix(0.25, 1.0, lit) : lit);
    }
    position = in_position; normal = in_normal; rest = in_rest; uv = in_uv; extra = in_extra;
    gl_Position = camera * vec4(in_position, 1.0);
}
"""

FIGURE_FRAGMENT = "#version 330\n" + _MATERIALS + _SHADOW + """
uniform vec4 light_colour[MAX_LIGHTS];
uniform int material;
uniform vec3 eye;
uniform sampler2D face_paint; uniform sampler2D lips;
uniform vec4 face_frame;      // centre x, centre y, half width, front z of the painted face, rest frame
uniform vec3 top_colour; uniform vec3 trouser_colour; uniform vec3 skin_colour; uniform vec3 hair_colour;
uniform vec3 gaze;            // rest-frame direction of sight
uniform mat3 head_turn;
in vec3 position; in vec3 normal; in vec3 rest; in vec2 uv; in vec4 extra; in vec3 dome;
uniform int first_soft;
out vec4 result;

float hash(vec3 p) { return fract(sin(dot(p, vec3(12.9898, 78.233, 45.164))) * 43758.5453); }
float noise(vec3 p) {
    vec3 i = floor(p), f = fract(p); f = f * f * (3.0 - 2.0 * f);
    float a = mix(hash(i), hash(i + vec3(1,0,0)), f.x), b = mix(hash(i + vec3(0,1,0)), hash(i + vec3(1,1,0)), f.x);
    i.z += 1.0;
    float c = mix(hash(i), hash(i + vec3(1,0,0)), f.x), d = mix(hash(i + vec3(0,1,0)), hash(i + vec3(1,1,0)), f.x);
    return mix(mix(a, b, f.y), mix(c, d, f.y), f.z);
}
vec3 bump(vec3 n, float height) {          // height in metres, by screen derivatives
    vec3 dx = dFdx(position), dy = dFdy(position);
    vec3 r1 = cross(dy, n), r2 = cross(n, dx);
    float det = dot(dx, r1);
    vec3 grad = sign(det) * (dFdx(height) * r1 + dFdy(height) * r2);
    return normalize(abs(det) * n - grad);
}
void main() {
    vec3 n = normalize(normal);
    vec3 view = normalize(eye - position);
    bool back = !gl_FrontFacing;
    vec3 albedo = vec3(0.5); float rough = 0.6, gloss = 0.04, wrap = 0.0, shade = 1.0; vec3 scatter = vec3(0.0);
    float height = 0.0; bool hair = false;
    if (material == TOP) {
        if (extra.x < 0.0) discard;
        float band = smoothstep(0.0, -0.003, extra.y);
        float sleeve = step(0.5, extra.z);
        float across = mix(uv.x, uv.y, sleeve);
        float ribs = cos(across * 6.2832 / mix(0.0150, 0.0085, band));
        height = ribs * mix(0.0010, 0.0011, band);
        ribs *= smoothstep(0.012, 0.005, fwidth(across));
        float stitch = sin(rest.y * 6.2832 / 0.0075) * sin(across * 12.5664 / 0.0150);
        albedo = top_colour * (1.0 + 0.07 * ribs + 0.05 * stitch + 0.10 * extra.w);
        albedo *= 0.94 + 0.12 * noise(rest * 160.0);
        albedo *= mix(1.0, 0.90, band) * (1.0 - 0.25 * smoothstep(0.003, 0.0, abs(extra.y)));
        albedo *= 1.0 - 0.35 * smoothstep(0.004, 0.0, extra.x);
        albedo *= 1.0 - 0.22 * smoothstep(0.030, 0.0, abs(extra.z - 0.5));
        rough = 0.9; wrap = 0.25;
    } else if (material == TROUSERS) {
        if (extra.x < 0.0) discard;
        float twill = sin((rest.y + rest.x * 0.7) * 6.2832 / 0.006);
        albedo = trouser_colour * (1.0 + 0.04 * twill + 0.12 * extra.w + 0.10 * (noise(rest * 90.0) - 0.5));
        albedo *= 1.0 - 0.45 * smoothstep(0.0016, 0.0004, abs(extra.y));
        albedo *= 1.0 + 0.30 * smoothstep(0.004, 0.0, extra.z) * step(0.0, rest.z) * smoothstep(0.72, 0.66, rest.y);
        height = -0.0006 * smoothstep(0.004, 0.0, extra.z);
        rough = 0.85; wrap = 0.1;
    } else if (material == SHOE) {
        float sole = smoothstep(0.030, 0.026, extra.x);
        albedo = mix(vec3(0.80, 0.79, 0.76), vec3(0.88, 0.87, 0.84), sole);
        albedo *= 1.0 - 0.45 * smoothstep(0.0025, 0.0, abs(extra.x - 0.028));
        float lace = smoothstep(0.5, 0.75, sin(extra.y * 6.2832 / 0.017)) * smoothstep(0.024, 0.020, abs(extra.z))
            * step(0.105, extra.y) * step(extra.y, 0.185) * step(0.045, extra.x);
        albedo *= 1.0 - 0.28 * lace;
        float toe = smoothstep(0.0025, 0.0, abs(extra.y - 0.200 + 0.6 * extra.z * extra.z / 0.05)) * (1.0 - sole);
        albedo *= 1.0 - 0.25 * toe;
        rough = 0.45; gloss = 0.05;
    } else if (material == SKIN) {
        albedo = skin_colour * (0.97 + 0.06 * noise(rest * 260.0)) * (0.98 + 0.05 * noise(rest * 30.0));
        vec2 spot = vec2((rest.x - face_frame.x), (rest.y - face_frame.y)) / face_frame.z * 0.5 + 0.5;
        float front = smoothstep(0.02, 0.05, rest.z) * (1.0 - extra.x);
        if (front > 0.0 && all(greaterThan(spot, vec2(0.0))) && all(lessThan(spot, vec2(1.0)))) {
            vec4 paint = texture(face_paint, spot);
            albedo = mix(albedo, paint.rgb * paint.rgb, paint.a * front);
        }
        float lip = texture(lips, uv).r * front;
        albedo = mix(albedo, vec3(0.50, 0.125, 0.115), 0.80 * lip);
        albedo = mix(albedo, albedo * vec3(1.10, 0.86, 0.82), 0.35 * extra.x * smoothstep(0.02, 0.0, 0.0));
        albedo = mix(albedo, hair_colour * 0.6, extra.y);
        rough = mix(0.48, 0.30, lip); gloss = 0.035; wrap = 0.35; scatter = vec3(0.24, 0.075, 0.03);
        height = 0.00012 * noise(rest * 700.0);
    } else if (material == EYE) {
        vec3 d = normalize(extra.xyz);
        float away = acos(clamp(dot(d, normalize(gaze + vec3(-0.02 * extra.w, 0.0, 0.0))), -1.0, 1.0));
        float iris = smoothstep(0.50, 0.46, away), pupil = smoothstep(0.20, 0.17, away);
        vec3 brown = mix(vec3(0.16, 0.075, 0.03), vec3(0.05, 0.022, 0.010), smoothstep(0.25, 0.48, away));
        albedo = mix(vec3(0.74, 0.70, 0.67), brown, iris) * (1.0 - pupil * 0.95);
        albedo *= mix(0.45, 1.0, smoothstep(0.35, -0.35, d.y));   // the upper lid's shadow
        float spark = acos(clamp(dot(d, normalize(gaze + vec3(-0.26, 0.22, 0.0))), -1.0, 1.0));
        albedo += vec3(1.1, 1.05, 1.0) * smoothstep(0.13, 0.08, spark);   // the window in her eye
        rough = 0.08; gloss = 0.06;
    } else if (material == LASH) {
        float root = extra.x < 1.5 ? 0.968 : 0.946;
        if (abs(uv.y - root) > (extra.x < 1.5 ? 0.0 : 0.007)) discard;
        albedo = vec3(0.012, 0.008, 0.007); gloss = 0.0;
    } else if (material == HAIR) {
        hair = true;
        albedo = hair_colour * extra.x;
        shade = extra.y; rough = 0.35;
    }
    if (back && material != HAIR) { n = -n; if (material == TOP || material == TROUSERS) shade = 0.35; }
    if (dot(n, view) < 0.0 && !hair) n = normalize(n - 1.02 * dot(n, view) * view);
    if (height != 0.0) n = bump(n, height);
    vec3 total = vec3(0.0);
    for (int i = 0; i < first_soft; i++) {
        vec3 l = light_direction[i].xyz; vec3 c = light_colour[i].rgb;
        float nl = dot(n, l);
        float lit = visible_wide(i, position + n * 0.006, 0.0026, 1.2 / 448.0);
        if (hair) {
            // Kajiya & Kay 1989: light across the strand, two shifted highlights.
            vec3 t = normalize(normal);
            float tl = dot(t, l), tv = dot(t, view);
            float across = sqrt(max(0.0, 1.0 - tl * tl));
            float spec = across * sqrt(max(0.0, 1.0 - tv * tv)) - tl * tv;
            vec3 diffuse = albedo * (0.30 + 0.70 * across) * 0.42;
            vec3 shine = vec3(0.085) * pow(max(spec, 0.0), 70.0) + hair_colour * 2.2 * pow(max(spec, 0.0), 16.0);
            total += c * mix(0.18, 1.0, lit) * shade * (diffuse + shine * light_direction[i].w * 0.55);
            continue;
        }
        float front = max((nl + wrap) / (1.0 + wrap), 0.0);
        vec3 diffuse = albedo * front;
        if (material == SKIN) diffuse += albedo * scatter * max(0.0, (nl + 0.6) / 1.6) * (1.0 - max(nl, 0.0)) * 1.5;
        vec3 h = normalize(l + view);
        float e = 2.0 / (rough * rough * rough * rough + 0.002) - 2.0;
        float fresnel = gloss + (1.0 - gloss) * pow(1.0 - max(dot(h, view), 0.0), 5.0);
        float lobe = pow(max(dot(n, h), 0.0), max(e, 1.0)) * (e + 8.0) / 25.0;
        float spec = light_direction[i].w * lobe * max(nl, 0.0) * fresnel;
        total += c * lit * (diffuse + spec);
    }
    float crease = height != 0.0 ? clamp(dot(n, normalize(normal)), 0.0, 1.0) : 1.0;
    total += albedo * dome * crease * (hair ? shade * 0.42 : 1.0);
    // Light thrown back by floor and walls: no shadow, a little warm, stronger from below.
    float up = 0.5 + 0.5 * n.y;
    vec3 bounce = mix(vec3(0.20, 0.175, 0.15), vec3(0.13, 0.128, 0.125), up);
    total += (hair ? albedo * 0.5 : albedo) * bounce * shade;
    float edge = pow(1.0 - max(dot(n, view), 0.0), 4.0);
    if (material == TOP || material == TROUSERS) total += albedo * edge * 0.16 + vec3(0.012) * edge;
    result = vec4(total * (hair ? 1.0 : shade), 1.0);
}
"""

PLATE_VERTEX = """
#version 330
in vec2 in_corner; out vec2 corner;
void main() { corner = in_corner; gl_Position = vec4(in_corner, 0.0, 1.0); }
"""

PLATE_FRAGMENT = "#version 330\n" + _SHADOW + """
uniform vec4 feet[2];
uniform mat4 inverse; uniform vec3 eye; uniform vec3 centre; uniform float wall;
uniform vec4 light_colour[MAX_LIGHTS];
in vec2 corner; out vec4 result;
void main() {
    vec3 colour = vec3(1.0);
    vec4 far = inverse * vec4(corner, 1.0, 1.0);
    vec3 ray = normalize(far.xyz / far.w - eye);
    if (ray.y < -0.001 && count > 0) {
        vec3 floor_point = eye - ray * eye.y / ray.y;
        float whole = 0.0, seen = 0.0;
        if (floor_point.z > wall && distance(floor_point.xz, centre.xz) < 2.2) {
            for (int i = 0; i < count; i++) {
                float power = dot(light_colour[i].rgb, vec3(0.3, 0.6, 0.1)) * max(light_direction[i].y, 0.0);
                whole += power;
                float lit = 0.0;
                for (int k = 0; k < 6; k++) lit += visible(i, floor_point, 0.0, (1.0 + 2.2 * float(k)) / 448.0);
                seen += power * lit / 6.0;
            }
            for (int k = 0; k < 2; k++) {           // the dark line where a sole meets the floor
                vec2 d = floor_point.xz - feet[k].xy;
                float c = cos(feet[k].w), s = sin(feet[k].w);
                vec2 q = vec2(d.x * c - d.y * s, d.x * s + d.y * c - 0.065) / vec2(0.062, 0.145);
                colour *= 1.0 - 0.62 * exp(-pow(dot(q, q), 1.5) * 0.7) * exp(-feet[k].z / 0.035);
            }
            // Near the wall stand plant and shelf, which the plate holds as flat colour: no floor shadow over them.
            float reach = 0.92 * smoothstep(-2.15, -1.70, floor_point.z);
            colour *= mix(1.0, (seen + 0.10 * whole) / (1.10 * whole), reach);
        }
    }
    result = vec4(colour, 1.0);
}
"""

BACK_FRAGMENT = """
#version 330
uniform sampler2D plate; uniform sampler2D shadow; in vec2 corner; out vec4 result;
void main() {
    vec2 at = corner * 0.5 + 0.5;
    result = vec4(texture(plate, at).rgb * texture(shadow, at).rgb, 1.0);
}
"""

TONE_FRAGMENT = """
#version 330
uniform sampler2D picture; in vec2 corner; out vec4 result;
void main() {
    vec3 x = textureLod(picture, corner * 0.5 + 0.5, 1.0).rgb;
    // A soft shoulder above 0.6 keeps whites from clipping; below it is plain.
    vec3 t = mix(x, 0.6 + 0.4 * (1.0 - exp(-(x - 0.6) / 0.4)), step(vec3(0.6), x));
    vec2 v = corner * vec2(0.9, 0.75);
    t *= 1.0 - 0.16 * smoothstep(0.35, 1.5, dot(v, v));
    vec3 s = mix(12.92 * t, 1.055 * pow(max(t, vec3(1e-5)), vec3(1.0 / 2.4)) - 0.055, step(vec3(0.0031308), t));
    result = vec4(s, 1.0);
}
"""
